export { html, PRINTED_PAGE_CSP, type PrintedPage, pairs, printedPage } from './page.js';
