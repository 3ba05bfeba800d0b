// Keys that change begin Periods, and dash.js goes over to the next one too early where segments are loaded as they grow:
// once a Period's last segment has been asked for, its first chunk is enough for the Period to count as buffered, and
// what comes of it afterwards falls outside the next Period's append window. Here it is told only when the segment is
// whole.

// What was loaded has been appended by then.
const APPENDED_MS = 100;

export function mendSeams(player, events) {
  // By media type: requests under way, and what waits for them.
  const loading = new Map();
  const of = (type) => loading.get(type) ?? loading.set(type, { urls: new Set(), waiting: [] }).get(type);
  const isMedia = (request) => request?.type === 'MediaSegment';
  const ended = ({ request }) => {
    if (!isMedia(request)) return;
    const { urls, waiting } = of(request.mediaType);
    urls.delete(request.url);
    if (urls.size === 0) for (const tell of waiting.splice(0)) setTimeout(tell, APPENDED_MS);
  };
  player.on(events.FRAGMENT_LOADING_STARTED, ({ request }) => {
    if (isMedia(request)) of(request.mediaType).urls.add(request.url);
  });
  player.on(events.FRAGMENT_LOADING_COMPLETED, ended);
  player.on(events.FRAGMENT_LOADING_ABANDONED, ended);
  player.extend('BufferController', function BufferController({ type }) {
    const { segmentRequestingCompleted } = this.parent;
    return {
      segmentRequestingCompleted: (index) => {
        const { urls, waiting } = of(type);
        if (urls.size === 0) segmentRequestingCompleted(index);
        else waiting.push(() => segmentRequestingCompleted(index));
      },
    };
  }, true);
}
