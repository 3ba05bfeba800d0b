// Shaka Player behind the page's player interface.
import shaka from 'shaka-player/dist/shaka-player.compiled-es2021.js';

export const version = shaka.Player.version.replace(/^v/, '');

const { Error: ShakaError } = shaka.util;

// Shaka Player counts latency from the end of what it lets viewers seek to, which lies behind the live edge by the
// manifest's delay already: 0 of its latency are the manifest's. With the target of a ServiceDescription, which counts
// from the clock, it would fall behind twice.
const LIVE = {
  lowLatencyMode: true,
  liveSync: { enabled: true, targetLatency: 0, targetLatencyTolerance: 0.1, maxPlaybackRate: 1.05, minPlaybackRate: 0.96 },
};

// A box without content (ISO/IEC 14496-12, 8.1.2).
const NOTHING = 'data:video/mp4;base64,AAAACGZyZWU=';

export async function open({ video, url, live, licence, on }) {
  shaka.polyfill.installAll();
  if (!shaka.Player.isBrowserSupported()) throw new Error('This browser has no Media Source Extensions.');
  const player = new shaka.Player();
  player.addEventListener('error', ({ detail }) => report(detail, on));
  player.addEventListener('trackschanged', () => on.tracks());
  await player.attach(video);
  if (live) {
    player.configure({ streaming: LIVE });
    player.getNetworkingEngine().registerRequestFilter(keepToPeriods);
  }
  // Other systems may be signalled too, and the browser may have them.
  if (licence) player.configure({ drm: { servers: { 'org.w3.clearkey': licence }, preferredKeySystems: ['org.w3.clearkey'] } });
  const handle = {
    rungs: () => rungs(player).map(({ id, width, height, bandwidth, codecs }) => ({
      id: String(id), width, height, bitrate: bandwidth, codecs,
    })),
    current: () => {
      const active = player.getVariantTracks().find((track) => track.active);
      return active && String(rungs(player).find((track) => sameRung(track, active))?.id);
    },
    pin: (id) => {
      player.configure({ abr: { enabled: id === null } });
      const tracks = player.getVariantTracks();
      const wanted = tracks.find((each) => String(each.id) === id);
      const active = tracks.find((each) => each.active);
      // The picture that was chosen with the sound that plays: ids are those of pairs.
      const track = wanted && (tracks.find((each) => sameRung(each, wanted) && each.audioId === active?.audioId) ?? wanted);
      if (track) player.selectVariantTrack(track, true, 2);
    },
    audios: () => player.getAudioTracks().map((track) => described(track)),
    currentAudio: () => {
      const track = player.getAudioTracks().find(({ active }) => active);
      return track ? described(track).id : null;
    },
    selectAudio: (id) => {
      const track = player.getAudioTracks().find((each) => described(each).id === id);
      if (track) player.selectAudioTrack(track);
    },
    texts: () => player.getTextTracks().map((track) => described(track)),
    currentText: () => {
      const track = player.getTextTracks().find(({ active }) => active);
      return track ? described(track).id : null;
    },
    selectText: (id) => player.selectTextTrack(player.getTextTracks().find((each) => described(each).id === id) ?? null),
    trick: (rate) => (rate === 1 ? player.cancelTrickPlay() : player.trickPlay(rate, true)),
    // EXT-X-PROGRAM-DATE-TIME. In DASH the time line is the clock's (availabilityStartTime is 1970), and what Shaka Player
    // makes of a ProducerReferenceTime leaves the Period's start out.
    date: () => {
      if (!live || !player.isLive()) return null;
      return player.getManifestType() === 'DASH' ? video.currentTime * 1000 : player.getPlayheadTimeAsDate()?.getTime() ?? null;
    },
    close: () => player.destroy(),
  };
  // Errors of loading arrive here; the page has its handle by then and can close.
  player.load(url).then(() => on.tracks(), (error) => report(error, on));
  return handle;
}

// Where segments may be asked for before they are whole, Shaka Player counts one too many in a Period that has ended: the
// first of the next one, under the key of this one. Its first frame, which begins before the next Period, would stay, and
// decoders fail of such a frame. It is known by having no duration.
function keepToPeriods(_type, request, context) {
  const { segment } = context ?? {};
  if (segment && segment.getEndTime() <= segment.getStartTime()) request.uris = [NOTHING];
}

// Shaka's own ids differ between the variants of one sound.
function described({ id, language, label, roles, codecs, channelsCount }) {
  return { id: [language, label, roles?.join(' '), codecs, channelsCount, id].join('/'), language, label: label ?? '' };
}

const sameRung = (a, b) => a.height === b.height && (a.videoBandwidth ?? a.bandwidth) === (b.videoBandwidth ?? b.bandwidth);

// One variant per picture, in the language that plays.
function rungs(player) {
  const tracks = player.getVariantTracks();
  const active = tracks.find((track) => track.active);
  const alike = tracks.filter((track) => !active || track.language === active.language);
  return alike.filter((track, at) => alike.findIndex((other) => sameRung(other, track)) === at);
}

function report(error, on) {
  if (error?.code === ShakaError.Code.LOAD_INTERRUPTED) return;
  const name = Object.entries(ShakaError.Code).find(([, code]) => code === error?.code)?.[0];
  const detail = name ? `${name.toLowerCase().replaceAll('_', ' ')} (${error.code})` : String(error?.message ?? error);
  const failure = { detail };
  if (error?.code === ShakaError.Code.BAD_HTTP_STATUS) {
    [failure.url, failure.status] = error.data;
  } else if (error?.category === ShakaError.Category.NETWORK) {
    [failure.url] = error.data ?? [];
  } else if (error?.code === ShakaError.Code.LICENSE_REQUEST_FAILED && error.data?.[0]?.data) {
    [failure.url, failure.status] = error.data[0].data;
  }
  if (error?.severity === ShakaError.Severity.RECOVERABLE) on.note(detail);
  else on.failure(failure);
}
