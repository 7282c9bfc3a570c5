/** What a page shows, asked of its server anew. */

export const AGAIN = 3000; // so long after a question that was not answered

/** The page as its server paints it now; null while it cannot say, so that it is asked again. */
export async function fresh(address = location.href) {
  try {
    const answer = await fetch(address);
    if (answer.status >= 500) return null;
    const words = answer.ok && !answer.redirected ? await answer.text() : ""; // else gone, or signed out
    return new DOMParser().parseFromString(words, "text/html");
  } catch {
    return null; // the dot tells when the server is away
  }
}
