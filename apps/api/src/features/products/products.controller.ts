import { importProducts, listProducts } from '@integument/contracts';
import { type IdempotentRequest, UnitOfWork } from '@integument/database';
import {
  AskedBy,
  type Asker,
  Effects,
  IdempotencyKey,
  Implements,
  Input,
  type InputOf,
} from '@integument/http';
import { Controller } from '@nestjs/common';
import { ProductsService } from './products.service.js';

@Controller()
export class ProductsController {
  constructor(
    private readonly products: ProductsService,
    private readonly unitOfWork: UnitOfWork,
    private readonly effects: Effects,
  ) {}

  @Implements(importProducts)
  import(
    @AskedBy() asker: Asker,
    @Input() { body }: InputOf<typeof importProducts>,
    @IdempotencyKey() key: IdempotentRequest | undefined,
  ) {
    return this.effects.run(key, (tx) => this.products.import(tx, asker, body.products));
  }

  @Implements(listProducts)
  list(@Input() { query }: InputOf<typeof listProducts>) {
    return this.unitOfWork.single((tx) => this.products.list(tx, query));
  }
}
