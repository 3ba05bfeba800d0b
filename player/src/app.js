// The page: what is chosen, what plays, what is seen of it.
import { showAddresses } from './addresses.js';
import { addressesOf, loadConfig } from './config.js';
import { $, copy, make, radios, text } from './dom.js';
import { Panel } from './panel.js';
import { Requests } from './requests.js';
import { asWish, fromHash, settle, toHash } from './selection.js';
import { Session } from './session.js';
import { FORMS, formsOf, MANIFESTS, manifestsOf, PLAYERS, playersOf, PROTECTIONS } from './support.js';
import { setUpTheme } from './appearance.js';
import { Thumbnails } from './thumbnails.js';
import { Tracks } from './tracks.js';

const SAMPLE_MS = 500;
const FILTER_FROM = 8;
const H3_EXPECTED_WITHIN = 20;

const video = $('video');
const panel = new Panel({ pin });
const tracks = new Tracks({ audio: selectAudio, text: selectText });
const thumbnails = new Thumbnails(video);
const requests = new Requests(() => panel.requests(requests.list, requests));

let config = { assets: [], origins: {} };
let selection = null;
let session = null;
let pinned = null;
let writtenHash = '';
let h3Noted = false;

// Written by the build: the bundled libraries and their versions.
/* global LIBRARIES */

// Read by browser tests, and handy in the console.
const state = {
  ready: false, playing: false, ended: false, currentTime: 0, duration: 0, buffer: 0, throughput: NaN,
  protocol: '', protocols: {}, player: null, version: '', manifest: null, protection: null, asset: null,
  form: null, audio: null, audios: [], text: null, texts: [], cue: '', period: null,
  // A channel's: seconds between the wall clock and the picture; how often the playhead was moved by the player.
  live: false, latency: null, jumps: 0,
  token: false, rung: null, rungs: [], stalls: 0, startupMs: null, dropped: 0, decoded: 0, requests: [], errors: [],
};
window.edgepack = {
  state, play, stop, seek,
  // The state as it is, not as it was at the last tick.
  observe: () => (sample(), state),
  // By id; a rung also by its height, a track by its language or label. Null: automatic, off.
  pin: (wanted) => pin(found(session?.rungs, wanted)?.id ?? null),
  selectAudio: (wanted) => selectAudio(found(session?.audios, wanted)?.id ?? null),
  selectText: (wanted) => selectText(found(session?.texts, wanted)?.id ?? null),
  trick: (rate) => session?.trick(rate),
};

const found = (list, wanted) => ['id', 'height', 'language', 'label']
  .map((key) => list?.find((each) => String(each[key] ?? '') === String(wanted))).find(Boolean);


function choose(change) {
  const wish = { ...asWish(selection), ...change };
  apply(settle(wish, config.assets));
}

function apply(next) {
  selection = next;
  render();
  const hash = toHash(selection);
  writtenHash = hash;
  history.replaceState(null, '', hash);
  if (session) play();
}

function addresses() {
  return addressesOf(selection, location.origin);
}

function render() {
  const { asset, protection, manifest, form, player, query, withToken, obstacle, unknown } = selection;
  for (const input of $('assets').querySelectorAll('input')) input.checked = input.value === asset.path;
  radios($('protections'), 'protection', asset.protections.map((value) => ({
    value, label: PROTECTIONS[value]?.label ?? value, detail: PROTECTIONS[value]?.detail,
  })), protection, (value) => choose({ protection: value }));
  const how = PROTECTIONS[protection]?.label ?? protection;
  radios($('manifests'), 'manifest', Object.entries(MANIFESTS).map(([value, label]) => ({
    value, label, ...without(manifestsOf(protection).includes(value), `${how} does not come with ${label}.`),
  })), manifest, (value) => choose({ manifest: value }));
  radios($('forms'), 'form', formsOf(manifest, protection, asset.live).map(({ value, label, detail, offered }) => ({
    value, label, disabled: !offered,
    reason: offered ? detail : `${asset.live ? 'A channel' : 'Protected video'} does not come in this form.`,
  })), form, (value) => choose({ form: value }));
  radios($('players'), 'player', Object.entries(PLAYERS).map(([value, { label, manifests }]) => ({
    value, label, reason: `Plays ${manifests.map((name) => MANIFESTS[name]).join(' and ')}`,
    ...without(obstacle === null && playersOf(protection).includes(value), obstacle ?? `${label} does not decrypt ${how}.`),
  })), player, (value) => choose({ player: value, manifest: PLAYERS[value].manifests.includes(manifest) ? manifest : PLAYERS[value].manifests[0] }));
  radios($('tokens'), 'token', tokenOptions(asset), withToken ? '1' : '0', (value) => choose({ token: value }));
  $('query').value = query;
  text($('hint'), unknown ? `There is no asset ${unknown} here: showing ${asset.path} instead.`
    : obstacle ?? tokenHint(asset, withToken) ?? '\u00a0');
  $('hint').hidden = $('hint').textContent.trim() === '';
  $('hint').classList.toggle('warn', Boolean(unknown || obstacle));
  text($('cover-name'), asset.name);
  text($('cover-how'), `${how} · ${MANIFESTS[manifest]}, ${FORMS[manifest][form].label} · ${PLAYERS[player].label}`);
  $('play').disabled = Boolean(obstacle);
  showAddresses(selection, addresses());
  $('latency-tile').hidden = !asset.live;
  $('latency-tile').parentElement.classList.toggle('live', asset.live);
  Object.assign(state, { asset: asset.path, live: asset.live, protection, manifest, form, player, token: withToken });
  if (!session) renderOffered();
}

// What a choice lacks, where it cannot be made.
const without = (offered, reason) => (offered ? {} : { disabled: true, reason });

const tokenOptions = ({ demoToken }) => [
  { value: '0', label: 'Without' },
  { value: '1', label: 'In the path', disabled: !demoToken, reason: demoToken ? '' : 'The node gave this page no token for this mount.' },
];

function tokenHint(asset, withToken) {
  if (asset.tokenRequired && !asset.demoToken) return 'This mount wants a token, and the node gave this page none.';
  if (asset.tokenRequired && !withToken) return 'This mount wants a token: without one the node answers 401.';
  return null;
}

// Before anything plays, the ladder shows what the node says of the asset.
function renderOffered() {
  const { renditions } = selection.asset;
  const pictures = renditions.filter((rendition) => rendition.height);
  const offered = (pictures.length ? pictures : renditions)
    .filter((rendition) => rendition.bandwidth || rendition.bitrate)
    .map(({ name, width, height, bandwidth, bitrate }) => ({ id: name, name, width, height, bitrate: bandwidth ?? bitrate }))
    .toSorted((a, b) => b.bitrate - a.bitrate);
  panel.ladder(offered, { current: null, pinned: null, live: false });
}

function renderAssets() {
  const filter = $('filter');
  filter.hidden = config.assets.length < FILTER_FROM;
  filter.addEventListener('input', () => {
    const wanted = filter.value.trim().toLowerCase();
    for (const label of $('assets').children) label.hidden = !label.textContent.toLowerCase().includes(wanted);
  });
  radios($('assets'), 'asset', config.assets.map((asset) => ({
    value: asset.path, label: asset.name, detail: asset.path, reason: asset.tokenRequired ? 'Wants a token' : '',
  })), selection.asset.path, (value) => choose({ asset: value }));
  config.assets.forEach((asset, at) => {
    const label = $('assets').children[at].querySelector('.option-label');
    if (asset.live) label.append(make('span', { className: 'badge live', textContent: 'live' }));
    if (asset.tokenRequired) label.append(make('span', { className: 'badge', textContent: 'token' }));
  });
}

async function play() {
  if (!selection || selection.obstacle) return stop();
  await close();
  const where = addresses();
  requests.reset(where.base);
  panel.reset();
  pinned = null;
  state.errors.length = 0;
  $('fault').hidden = true;
  $('cover').hidden = true;
  $('stop').disabled = false;
  const own = new Session({
    video, captions: $('captions'), selection, addresses: where,
    on: {
      change: sample,
      started: () => own === session && !own.selection.asset.live && thumbnails.show({ base: where.base, url: where[own.selection.manifest] }),
      tracks: sample,
      log: (kind, words) => own === session && panel.log(kind, words),
      stall: (from, until) => panel.stall(from, until),
      failure: (fault) => own === session && showFault(fault),
    },
  });
  session = own;
  sample();
  await own.start();
}

async function close() {
  const old = session;
  session = null;
  thumbnails.clear();
  await old?.close();
}

async function stop() {
  await close();
  $('fault').hidden = true;
  $('cover').hidden = false;
  $('stop').disabled = true;
  Object.assign(state, { playing: false, ended: false, currentTime: 0, latency: null, rung: null, rungs: [], audio: null, audios: [], text: null, texts: [], cue: '', period: null });
  tracks.clear();
  status('', 'Ready');
  renderOffered();
}

function pin(id) {
  if (!session) return;
  pinned = id;
  session.pin(id);
  const rung = session.rungs.find((each) => each.id === id);
  panel.log('quiet', rung ? `Stay on ${rung.height ? `${rung.height}p` : 'this rung'}.` : 'Automatic choice of the rung.');
  sample();
}

function selectAudio(id) {
  const audio = session?.audios.find((each) => each.id === id);
  if (!audio) return;
  session.selectAudio(id);
  panel.log('quiet', `Audio: ${audio.label}.`);
  sample();
}

function selectText(id) {
  if (!session) return;
  session.selectText(id);
  panel.log('quiet', `Subtitles: ${session.texts.find((each) => each.id === id)?.label ?? 'off'}.`);
  sample();
}

function seek(seconds) {
  if (session) session.seek(seconds);
  else video.currentTime = seconds;
}

function showFault(fault) {
  const { title, said, detail, url } = fault;
  state.errors.push({ ...fault, text: [title, said, detail].filter(Boolean).join(' ') });
  text($('fault-title'), title);
  text($('fault-text'), [said && `The node says: ${said}`, detail && `The player says: ${detail}`, url].filter(Boolean).join('\n'));
  $('fault').hidden = false;
  panel.log('bad', [title, said || detail].filter(Boolean).join(' '));
  status('bad', 'Failed');
}

function status(kind, words) {
  $('status').dataset.kind = kind;
  text($('status-text'), words);
}

function sample() {
  if (!session) return;
  const quality = video.getVideoPlaybackQuality?.() ?? {};
  const id = session.current();
  const rung = session.rungs.find((each) => each.id === id) ?? null;
  if (rung && state.rung && rung.id !== state.rung.id && rung.height) panel.log('quiet', `Switched to ${rung.height}p.`);
  const protocolBefore = state.protocol;
  Object.assign(state, {
    playing: !video.paused && !video.ended && session.startupMs !== null && !session.stalled,
    ended: video.ended,
    currentTime: video.currentTime,
    duration: Number.isFinite(video.duration) ? video.duration : 0,
    buffer: session.bufferAhead(),
    throughput: requests.throughput(),
    protocol: requests.protocol,
    protocols: { ...requests.protocols },
    version: session.version,
    rung, rungs: session.rungs,
    audio: session.audios.find((each) => each.id === session.currentAudio()) ?? null, audios: session.audios,
    text: session.texts.find((each) => each.id === session.currentText()) ?? null, texts: session.texts,
    cue: session.cue(), period: session.period(),
    stalls: session.stalls, jumps: session.jumps, latency: session.latency(),
    startupMs: session.startupMs,
    dropped: quality.droppedVideoFrames ?? 0,
    decoded: quality.totalVideoFrames ?? 0,
    requests: requests.list,
  });
  if (protocolBefore && state.protocol && protocolBefore !== state.protocol) panel.log('quiet', `The connection is ${state.protocol} from here on.`);
  noteMissingH3();
  if (!session.fault) {
    if (video.ended) status('', 'Ended');
    else if (session.startupMs === null) status('busy', 'Starting');
    else if (session.stalled) status('bad', 'Stalled');
    else status(video.paused ? '' : 'good', video.paused ? 'Paused' : 'Playing');
  }
  panel.figures(state, session);
  tracks.show(state);
  if (session.rungs.length) panel.ladder(session.rungs, { current: rung?.id ?? null, pinned, live: true });
  else renderOffered();
}

// The first thing asked by those who came for HTTP/3 with a certificate of their own making.
function noteMissingH3() {
  if (h3Noted || location.protocol !== 'https:' || requests.count < H3_EXPECTED_WITHIN || requests.protocol !== 'h2') return;
  h3Noted = true;
  panel.log('quiet', 'Still on HTTP/2: browsers take up HTTP/3 only where they trust the certificate without an exception.');
}

function tick() {
  if (!session) return;
  sample();
  if (!session.fault) panel.sample(performance.now(), state);
}

function showOtherOrigin() {
  const other = location.protocol === 'https:' ? config.origins.http : config.origins.https;
  if (!other || other === location.origin) return;
  const link = $('other-origin');
  const secure = location.protocol === 'https:';
  text($('other-name'), secure ? 'Open over plain HTTP' : 'Open over HTTPS');
  text($('other-why'), secure ? '' : ' for HTTP/2 and HTTP/3');
  link.hidden = false;
  link.addEventListener('click', () => { link.href = `${other}${location.pathname}${selection ? toHash(selection) : ''}`; });
  link.href = `${other}${location.pathname}`;
}

async function begin() {
  setUpTheme();
  $('query').addEventListener('change', () => selection && choose({ query: $('query').value }));
  $('play').addEventListener('click', play);
  $('retry').addEventListener('click', play);
  $('stop').addEventListener('click', stop);
  $('link').addEventListener('click', () => copy(`${location.origin}${location.pathname}${toHash(selection, { autoplay: true })}`, $('link')));
  setInterval(tick, SAMPLE_MS);
  try {
    config = await loadConfig();
  } catch (error) {
    return nothing('This page could not learn what the node offers.', error.message);
  }
  text($('title'), config.title);
  if (config.title) document.title = `${config.title} · edgepack player`;
  text($('node-version'), config.version && `v${config.version}`);
  text($('libraries'), LIBRARIES);
  showOtherOrigin();
  if (config.assets.length === 0) return nothing('This node offers no asset yet.', 'Add a mount with media to its configuration.');
  const wish = fromHash(location.hash);
  selection = settle(wish, config.assets);
  renderAssets();
  apply(selection);
  window.addEventListener('hashchange', () => {
    if (location.hash === writtenHash) return;
    const again = fromHash(location.hash);
    apply(settle(again, config.assets));
    if (again.autoplay) play();
  });
  state.ready = true;
  if (wish.autoplay) play();
}

function nothing(title, detail) {
  state.errors.push({ title, detail, text: `${title} ${detail}` });
  $('play').disabled = true;
  text($('fault-title'), title);
  text($('fault-text'), detail);
  $('retry').hidden = true;
  $('fault').hidden = false;
  $('cover').hidden = true;
  state.ready = true;
}

begin();
