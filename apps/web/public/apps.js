/** Where the two apps are; asked of the page's own origin once. */
export const { vault, api } = await (await fetch('/config.json')).json();
