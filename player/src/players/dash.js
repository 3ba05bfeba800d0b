// dash.js behind the page's player interface.
import * as dashjs from 'dashjs';

const { MediaPlayer, Debug } = dashjs;
const EVENTS = MediaPlayer.events;

export const version = MediaPlayer().create().getVersion?.() ?? '';

export async function open({ video, url, licence, on }) {
  const player = MediaPlayer().create();
  player.updateSettings({ debug: { logLevel: Debug?.LOG_LEVEL_NONE ?? 0 } });
  player.initialize();
  player.on(EVENTS.ERROR, ({ error }) => {
    const response = error?.data?.response ?? error?.data?.request?.response ?? {};
    on.failure({
      detail: [error?.code, error?.message].filter(Boolean).join(': ') || String(error),
      status: response.status || undefined,
      url: error?.data?.request?.url ?? error?.data?.url,
    });
  });
  player.on(EVENTS.STREAM_INITIALIZED, () => on.rungs());
  if (licence) player.setProtectionData({ 'org.w3.clearkey': { serverURL: licence, priority: 0 } });
  player.attachView(video);
  player.attachSource(url);
  const representations = () => {
    const video = player.getRepresentationsByType('video');
    return video.length ? video : player.getRepresentationsByType('audio');
  };
  const automatic = (on) => player.updateSettings({ streaming: { abr: { autoSwitchBitrate: { video: on } } } });
  return {
    rungs: () => representations().map(({ id, width, height, bandwidth, codecs, mimeType }) => ({
      id, width, height, bitrate: bandwidth, codecs: codecs ?? mimeType,
    })),
    current: () => {
      const type = player.getRepresentationsByType('video').length ? 'video' : 'audio';
      return player.getCurrentRepresentationForType(type)?.id;
    },
    pin: (id) => {
      automatic(id === null);
      if (id !== null) player.setRepresentationForTypeById('video', id, true);
    },
    close: async () => player.destroy(),
  };
}
