// hls.js behind the page's player interface.
import Hls from 'hls.js';

export const version = Hls.version;

export async function open({ video, url, licence, on }) {
  if (!Hls.isSupported()) throw new Error('This browser has no Media Source Extensions.');
  const hls = new Hls({
    // Fragmented MP4 is passed through: a worker would have nothing to do.
    enableWorker: false,
    ...(licence && clearKey(licence)),
  });
  let recovered = false;
  hls.on(Hls.Events.ERROR, (_event, data) => {
    const detail = [data.details, data.reason ?? data.error?.message].filter(Boolean).join(': ');
    const failure = { detail, status: data.response?.code, url: data.url ?? data.frag?.url ?? data.response?.url };
    if (!data.fatal) {
      on.note(detail);
    } else if (data.type === Hls.ErrorTypes.MEDIA_ERROR && !recovered) {
      recovered = true;
      on.note(`${detail}; trying to recover`);
      hls.recoverMediaError();
    } else {
      on.failure(failure);
    }
  });
  hls.on(Hls.Events.MANIFEST_PARSED, () => on.rungs());
  hls.attachMedia(video);
  hls.loadSource(url);
  return {
    rungs: () => hls.levels.map((level, id) => ({
      id: String(id), width: level.width, height: level.height, bitrate: level.bitrate,
      codecs: [level.videoCodec, level.audioCodec].filter(Boolean).join(', '),
    })),
    current: () => String(hls.currentLevel),
    pin: (id) => { hls.nextLevel = id === null ? -1 : Number(id); },
    close: async () => hls.destroy(),
  };
}

function clearKey(licence) {
  return {
    emeEnabled: true,
    drmSystems: { 'org.w3.clearkey': { licenseUrl: licence, generateRequest: keyIds } },
    pLoader: WithoutIdentityKeys,
  };
}

// Asks by key id (W3C "keyids" initialisation data): playlists carry no pssh for ClearKey.
function keyIds(initDataType, initData, { decryptdata }) {
  if (!decryptdata.keyId) return { initDataType, initData };
  const kid = btoa(String.fromCharCode(...decryptdata.keyId))
    .replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  return { initDataType: 'keyids', initData: new TextEncoder().encode(JSON.stringify({ kids: [kid] })).buffer };
}

// An identity key wins over every other KEYFORMAT in hls.js, which with SAMPLE-AES then decrypts
// MPEG-TS by itself and never asks the browser: with MP4 only ClearKey's own tag helps.
class WithoutIdentityKeys extends Hls.DefaultConfig.loader {
  load(context, config, callbacks) {
    const onSuccess = (response, ...rest) => {
      if (typeof response.data === 'string') {
        response.data = response.data.replace(/^#EXT-X-KEY:.*KEYFORMAT="identity".*\r?\n/gm, '');
      }
      callbacks.onSuccess(response, ...rest);
    };
    super.load(context, config, { ...callbacks, onSuccess });
  }
}
