// dash.js behind the page's player interface.
import * as dashjs from 'dashjs';
import { mendSeams } from './dash-seams.js';

const { MediaPlayer, Debug } = dashjs;
const EVENTS = MediaPlayer.events;

export const version = MediaPlayer().create().getVersion?.() ?? '';

export async function open({ video, captions, url, live, licence, on }) {
  const player = MediaPlayer().create();
  player.updateSettings({
    debug: { logLevel: Debug?.LOG_LEVEL_NONE ?? 0 },
    streaming: { text: { defaultEnabled: false } },
  });
  if (live) mendSeams(player, EVENTS);
  player.initialize();
  player.on(EVENTS.ERROR, ({ error }) => {
    const response = error?.data?.response ?? error?.data?.request?.response ?? {};
    on.failure({
      detail: [error?.code, error?.message].filter(Boolean).join(': ') || String(error),
      status: response.status || undefined,
      url: error?.data?.request?.url ?? error?.data?.url,
    });
  });
  let period = null;
  let language = null;
  // Where a later period lacks the language that played (a bumper has none), dash.js goes on with the
  // sound of the nearest bitrate. What the viewer chose, and what the MPD prefers, come first here.
  player.on(EVENTS.STREAM_INITIALIZED, () => player.setCustomInitialTrackSelectionFunction(
    (tracks) => inLanguage(tracks, language) ?? preferred(tracks),
  ));
  player.on(EVENTS.PERIOD_SWITCH_COMPLETED, ({ toStreamInfo }) => {
    period = toStreamInfo?.index ?? period;
    on.tracks();
  });
  for (const event of [EVENTS.STREAM_INITIALIZED, EVENTS.TEXT_TRACKS_ADDED, EVENTS.TRACK_CHANGE_RENDERED]) {
    player.on(event, () => on.tracks());
  }
  if (licence) player.setProtectionData({ 'org.w3.clearkey': { serverURL: licence, priority: 0 } });
  // It hears of playback only once it listens, and refreshes no MPD of a channel before it has heard.
  const begun = new Promise((resolve) => { player.on(EVENTS.STREAM_INITIALIZED, resolve, null, { once: true }); });
  player.attachView(video);
  // TTML is drawn by the library itself.
  player.attachTTMLRenderingDiv(captions);
  player.attachSource(url);
  const representations = () => {
    const video = player.getRepresentationsByType('video');
    return video.length ? video : player.getRepresentationsByType('audio');
  };
  const automatic = (on) => player.updateSettings({ streaming: { abr: { autoSwitchBitrate: { video: on } } } });
  return {
    begun,
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
    audios: () => player.getTracksFor('audio').map((track) => described(track)),
    currentAudio: () => {
      const track = player.getCurrentTrackFor('audio');
      return track ? described(track).id : null;
    },
    selectAudio: (id) => {
      const track = player.getTracksFor('audio').find((each) => described(each).id === id);
      if (!track) return;
      language = track.lang;
      player.setCurrentTrack(track);
    },
    texts: () => player.getTracksFor('text').map((track) => described(track)),
    currentText: () => {
      const track = player.isTextEnabled() ? player.getTracksFor('text')[player.getCurrentTextTrackIndex()] : null;
      return track ? described(track).id : null;
    },
    selectText: (id) => {
      const at = player.getTracksFor('text').findIndex((each) => described(each).id === id);
      player.enableText(at >= 0);
      player.setTextTrack(at);
    },
    period: () => period,
    // Period start and availabilityStartTime.
    date: () => (live && player.isReady() && player.isDynamic() ? player.timeAsUTC() * 1000 : null),
    close: async () => player.destroy(),
  };
}

function inLanguage(tracks, language) {
  const spoken = language ? tracks.filter(({ lang }) => lang === language) : [];
  return spoken.length ? spoken : null;
}

function preferred(tracks) {
  const priority = ({ selectionPriority }) => selectionPriority ?? 1;
  const highest = Math.max(...tracks.map(priority));
  return tracks.filter((track) => priority(track) === highest);
}

// Adaptation sets that say the same keep their id from period to period.
function described({ id, index, lang, labels }) {
  return { id: String(id ?? index), language: lang ?? '', label: labels?.[0]?.text ?? '' };
}
