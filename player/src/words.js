// Failures in clear words.

const STATUSES = {
  400: 'The node could not read the request.',
  401: 'The node asks for a token here.',
  403: 'The token was refused.',
  404: 'The node has nothing at this address.',
  416: 'The node refused the byte range.',
  429: 'The node is refusing more requests from here for now.',
  502: 'The source behind the node is broken or does not answer.',
  503: 'The node cannot serve this now: often a key or its source is missing.',
};

export const statusWords = (status) => STATUSES[status] ?? `The node answered ${status}.`;

const MEDIA_ERRORS = {
  1: 'Playback was aborted.',
  2: 'The network failed while media was loading.',
  3: 'The media could not be decoded.',
  4: 'The browser cannot play this media.',
};

export function mediaErrorWords(error) {
  return MEDIA_ERRORS[error?.code] ?? 'The browser gave up on this media.';
}

// A refusal's own words: the reason code and the sentence that the node answers with.
export async function askWhy(url) {
  try {
    const method = url.endsWith('/clearkey') ? 'POST' : 'GET';
    const body = method === 'POST' ? '{"kids":[]}' : undefined;
    const response = await fetch(url, { method, body, cache: 'no-store', signal: AbortSignal.timeout(4000) });
    if (response.ok) {
      response.body?.cancel();
      return null;
    }
    const said = (await response.text()).trim().split('\n', 1)[0].slice(0, 240);
    const code = response.headers.get('edgepack-reason') ?? '';
    return { status: response.status, code, said };
  } catch {
    return { status: 0, code: '', said: 'The node cannot be reached.' };
  }
}
