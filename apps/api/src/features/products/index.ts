export { ProductsModule } from './products.module.js';
export { productsPolicy } from './products.policy.js';
export { ProductsStore } from './products.store.js';
