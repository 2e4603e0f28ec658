// What the page of `sixslot report` does on its own. It makes no request, keeps nothing, and writes text only, never markup.
import {loads} from './loads.js';
import {maps} from './maps.js';

document.documentElement.classList.add('script');
maps();
loads();
