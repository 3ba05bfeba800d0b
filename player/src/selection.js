// What is chosen: kept valid, and written to the address bar so that it can be sent to others.
import { formsOf, manifestsOf, PLAYERS, playersOf, whyNot } from './support.js';

const KEYS = ['asset', 'protection', 'manifest', 'form', 'player', 'query', 'token'];

export function fromHash(hash) {
  const fields = new URLSearchParams(hash.replace(/^#/, ''));
  const wish = Object.fromEntries(KEYS.map((key) => [key, fields.get(key) ?? undefined]));
  return { ...wish, autoplay: ['1', 'true'].includes(fields.get('autoplay')) };
}

export function toHash({ asset, protection, manifest, form, player, query, withToken }, { autoplay = false } = {}) {
  const fields = [
    ['asset', asset.path], ['protection', protection], ['manifest', manifest], ['form', form], ['player', player],
  ];
  if (query) fields.push(['query', query]);
  if (asset.demoToken) fields.push(['token', withToken ? '1' : '0']);
  if (autoplay) fields.push(['autoplay', '1']);
  // Slashes may stand in a fragment, and read better.
  return `#${fields.map(([key, value]) => `${key}=${encodeURIComponent(value).replaceAll('%2F', '/')}`).join('&')}`;
}

// The nearest valid selection to a wish; null without assets. `unknown` names an asset that was
// asked for and is not there.
export function settle(wish, assets) {
  if (assets.length === 0) return null;
  const wanted = assets.find((asset) => asset.path === wish.asset);
  const asset = wanted ?? assets[0];
  const protection = asset.protections.includes(wish.protection) ? wish.protection : asset.protections[0];
  const players = playersOf(protection);
  const manifests = manifestsOf(protection);
  let player = players.includes(wish.player) ? wish.player : undefined;
  let manifest = manifests.includes(wish.manifest) ? wish.manifest : undefined;
  manifest ??= player ? PLAYERS[player].manifests.find((name) => manifests.includes(name)) : manifests[0];
  const fits = (name) => PLAYERS[name].manifests.includes(manifest);
  if (!player || !fits(player)) {
    player = players.find(fits);
  }
  const forms = formsOf(manifest, protection, asset.live).filter(({ offered }) => offered).map(({ value }) => value);
  const form = forms.includes(wish.form) ? wish.form : forms[0];
  const withToken = Boolean(asset.demoToken) && (asset.tokenRequired ? wish.token !== '0' : wish.token === '1');
  return {
    asset, protection, manifest, form, player, withToken,
    // Filters, or a stretch of a channel: what manifests are asked with. The node says what is wrong with it.
    query: (wish.query ?? '').trim().replace(/^\?/, ''),
    unknown: wish.asset && !wanted ? wish.asset : null,
    obstacle: whyNot({ protection, asset }),
  };
}

// The wish that a selection came from.
export const asWish = ({ asset, protection, manifest, form, player, query, withToken }) => ({
  asset: asset.path, protection, manifest, form, player, query, token: withToken ? '1' : '0',
});
