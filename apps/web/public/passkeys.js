/** The browser's part of WebAuthn (Level 3, section 5.1): options and answers travel as JSON, and hold bytes inside. */

export async function makePasskey(options) {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON?.(options) ?? {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: options.excludeCredentials.map(withBytes),
  };
  return asJson(await navigator.credentials.create({ publicKey }));
}

export async function usePasskey(options) {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON?.(options) ?? {
    ...options,
    challenge: bytes(options.challenge),
    allowCredentials: options.allowCredentials.map(withBytes),
  };
  return asJson(await navigator.credentials.get({ publicKey }));
}

export function knowsPasskeys() {
  return 'PublicKeyCredential' in globalThis;
}

function asJson(credential) {
  if (credential.toJSON) return credential.toJSON();
  const { id, type, rawId, response } = credential;
  const parts = ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle'];
  const given = parts.filter((name) => response[name]).map((name) => [name, text(response[name])]);
  return { id, type, rawId: text(rawId), clientExtensionResults: {}, response: Object.fromEntries(given) };
}

function withBytes(descriptor) {
  return { ...descriptor, id: bytes(descriptor.id) };
}

/** From and to base64url without padding. */
function bytes(encoded) {
  const binary = atob(encoded.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function text(buffer) {
  const binary = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
