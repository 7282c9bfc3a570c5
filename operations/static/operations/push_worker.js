/** Shows messages that come while no page is open. A message of the same id is shown once. */

self.addEventListener("push", (event) => {
  const { id, title, body, link } = event.data.json();
  const shown = self.registration.showNotification(title, { body, tag: id, data: { link } });
  event.waitUntil(shown);
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { link } = event.notification.data;
  event.waitUntil(self.clients.openWindow(link || "/notifications/"));
});
