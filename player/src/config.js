// What this node offers, as one flat list of assets.
import { FORMS, manifestsOf, PROTECTIONS } from './support.js';

export async function loadConfig() {
  let response;
  try {
    response = await fetch('config.json', { cache: 'no-cache' });
  } catch (error) {
    throw new Error(`The node did not answer (${error.message}).`);
  }
  if (!response.ok) {
    throw new Error(`The node answered ${response.status} for the list of assets: ${(await response.text()).slice(0, 200)}`);
  }
  return flatten(await response.json());
}

function flatten({ title, mounts = [], node = {}, origins = {} }) {
  const assets = mounts.flatMap((mount) =>
    (mount.assets ?? []).map((asset) => ({
      name: asset.name,
      path: absolute(mount.path, asset.path ?? asset.name),
      mount: mount.name,
      live: Boolean(asset.live),
      renditions: asset.renditions ?? [],
      protections: mount.protections?.length ? mount.protections : ['clear'],
      clearkey: Boolean(mount.clearkey),
      tokenRequired: Boolean(mount.token?.required),
      demoToken: mount.token?.demo_token ?? null,
    })),
  );
  return { title: title ?? '', assets, version: node.version ?? '', origins };
}

// An asset's path from the root, whether the node names it so or relative to its mount.
function absolute(mountPath, assetPath) {
  if (assetPath.startsWith('/')) return assetPath.replace(/\/+$/, '');
  return `/${mountPath ?? ''}/${assetPath}`.replace(/\/{2,}/g, '/').replace(/\/+$/, '');
}

// All addresses of one selection, from an origin such as https://localhost:8443.
export function addressesOf({ asset, protection, manifest, form, query, withToken }, origin) {
  const prefix = withToken && asset.demoToken ? `/t/${encodeURIComponent(asset.demoToken)}` : '';
  const folder = asset.path.split('/').map(encodeURIComponent).join('/');
  const base = `${origin}${prefix}${folder}/${protection}`;
  // The manifest that plays, in the chosen form; the other one in its usual form.
  const fileOf = (kind) => (kind === manifest ? FORMS[kind][form] : Object.values(FORMS[kind])[0]).file;
  const { search } = new URL(`?${query.replaceAll('#', '%23')}`, origin);
  return {
    base,
    hls: `${base}/${fileOf('hls')}${search}`,
    dash: manifestsOf(protection).includes('dash') ? `${base}/${fileOf('dash')}${search}` : null,
    // What the node's clock says.
    time: asset.live ? `${base}/time` : null,
    licence: PROTECTIONS[protection]?.licences && asset.clearkey ? `${base}/clearkey` : null,
  };
}
