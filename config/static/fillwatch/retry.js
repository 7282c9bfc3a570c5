/** When a request that was not answered is sent again. */

export const RETRY_MS = 3000;

/** Whether a request should be sent again: the server is away, or could not say. */
export const isUnanswered = (response) => !response || response.status >= 500;
