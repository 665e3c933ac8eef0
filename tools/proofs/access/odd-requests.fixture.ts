import type { RawRequest } from '../../outside/raw-request.js';

/** Ways to write an address so that a check of its text could take it for another one than the router does. */
type Respelling = (path: string) => string;

const slashes = (path: string) => path.slice(1).split('/');
const hex = (char: string) => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
const first = (part: string, change: (char: string) => string) => change(part.charAt(0)) + part.slice(1);
const inLast = (path: string, change: (part: string) => string) =>
  path.replace(/[^/]+$/, (part) => change(part));
const inEach = (path: string, change: (part: string) => string) => `/${slashes(path).map(change).join('/')}`;

const RESPELLINGS: Readonly<Record<string, Respelling>> = {
  'as it is': (path) => path,
  'its last part begun in hex': (path) => inLast(path, (part) => first(part, hex)),
  'each part begun in hex': (path) => inEach(path, (part) => first(part, hex)),
  'every letter in hex': (path) => path.replace(/[a-z]/g, hex),
  'in hex, in capitals': (path) => path.replace(/[j-o]/g, (char) => hex(char).toUpperCase()),
  'in hex twice': (path) => inLast(path, (part) => first(part, (char) => `%25${hex(char).slice(1)}`)),
  'a slash doubled in front': (path) => `/${path}`,
  'all slashes doubled': (path) => path.replaceAll('/', '//'),
  'a slash at the end': (path) => `${path}/`,
  'two slashes at the end': (path) => `${path}//`,
  'a dot in front': (path) => `/.${path}`,
  'dots between': (path) => path.replaceAll('/', '/./'),
  'a way back in front': (path) => `/x/..${path}`,
  'a way back out of the open part': (path) => `/healthz/..${path}`,
  'a way back in hex': (path) => `/healthz/%2e%2e${path}`,
  'a way back all in hex': (path) => `/healthz%2f%2e%2e${path}`,
  'a way back out of the documents': (path) => `/docs/static/../../..${path}`,
  'a way back above the root': (path) => `/../..${path}`,
  'a way back at the end': (path) => `${path}/x/..`,
  'a dot at the end': (path) => `${path}.`,
  'a dot after a slash at the end': (path) => `${path}/.`,
  'an ending': (path) => `${path}.json`,
  'in capitals': (path) => path.toUpperCase(),
  'its last part with a capital': (path) => inLast(path, (part) => first(part, (char) => char.toUpperCase())),
  'a parameter at the end': (path) => `${path};x=1`,
  'a session at the end': (path) => `${path};jsessionid=1`,
  'a parameter within': (path) => path.replace(/^\/(\w+)/, '/$1;x=1'),
  'its slashes in hex': (path) => `/${slashes(path).join('%2f')}`,
  'its last slash in hex': (path) => path.replace(/\/([^/]*)$/, '%2F$1'),
  backslashes: (path) => `/${slashes(path).join('\\')}`,
  'backslashes in hex': (path) => `/${slashes(path).join('%5c')}`,
  'a NUL at the end': (path) => `${path}%00`,
  'a NUL and an ending': (path) => `${path}%00.css`,
  'a NUL as a byte': (path) => `${path}\0`,
  'a space at the end': (path) => `${path}%20`,
  'a tab at the end': (path) => `${path}\t`,
  'a line end at the end': (path) => `${path}%0d%0ax:y`,
  'an overlong slash': (path) => `/${slashes(path).join('%c0%af')}`,
  'overlong dots': (path) => `/healthz/%c0%ae%c0%ae${path}`,
  'bytes that are no UTF-8': (path) => `${path}%ff`,
  'a broken escape': (path) => `${path}%zz`,
  'a fragment': (path) => `${path}#/healthz`,
  'a question of nothing': (path) => `${path}?`,
  'a question that hides the end': (path) => `/healthz?${path}`,
  'with no slash in front': (path) => path.slice(1),
  'whole, at this app': (path) => `http://127.0.0.1${path}`,
  'whole, at another host': (path) => `http://evil.example${path}`,
  'whole, with an account': (path) => `https://admin:admin@127.0.0.1${path}`,
  'whole, in capitals': (path) => `HTTP://127.0.0.1${path}`,
  'at another host, without a scheme': (path) => `//evil.example${path}`,
};

/** Headers by which some servers and frameworks let a request say that it is another one. */
const SAYS_OTHERWISE = ['x-http-method-override', 'x-http-method', 'x-method-override'];
const OTHER_METHODS = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'QUERY', 'get'];

/** The request with its address written otherwise. */
export function respelled({ method, path }: { method: string; path: string }): [string, RawRequest][] {
  return Object.entries(RESPELLINGS).map(([name, spell]) => [name, { method, target: spell(path) }]);
}

/** The address by every other method, said to be the route's own. */
export function byOtherMethods({ method, path }: { method: string; path: string }): [string, RawRequest][] {
  const headers = Object.fromEntries(SAYS_OTHERWISE.map((name) => [name, method]));
  return OTHER_METHODS.filter((other) => other !== method).flatMap((other): [string, RawRequest][] => [
    [other, { method: other, target: path }],
    [`${other}, said to be ${method}`, { method: other, target: path, headers }],
    [`${other}, asked to be ${method}`, { method: other, target: `${path}?_method=${method}` }],
  ]);
}

/** Another address, said to be the route's own by what a proxy would add. */
export function fromElsewhere({ method, path }: { method: string; path: string }): [string, RawRequest][] {
  const headers = {
    'x-original-url': path,
    'x-rewrite-url': path,
    'x-forwarded-uri': path,
    'x-original-uri': path,
    'x-forwarded-prefix': path,
    'x-forwarded-for': '127.0.0.1',
  };
  return ['/', '/v1', '/healthz'].map((target) => [
    `${target}, said to be there`,
    { method, target, headers },
  ]);
}
