import { AUDIT_CONTROLLERS } from '@integument/audit-http';
import { AbilitiesController, ServiceController } from '@integument/http';
import type { Logger } from '@integument/telemetry';
import { type DynamicModule, Module } from '@nestjs/common';
import type { ApiConfig } from './config.js';
import { CohortsModule } from './features/cohorts/index.js';
import { ConsentModule } from './features/consent/index.js';
import { ConsentImportsModule } from './features/consent-imports/index.js';
import { ErasureModule } from './features/erasure/index.js';
import { FaultsModule } from './features/faults/index.js';
import { HoldsModule } from './features/holds/index.js';
import { IngestModule } from './features/ingest/index.js';
import { OptOutsModule } from './features/opt-outs/index.js';
import { PermitsModule } from './features/permits/index.js';
import { ProductsModule } from './features/products/index.js';
import { RecommendationsModule } from './features/recommendations/index.js';
import { RegisterModule } from './features/register/index.js';
import { SessionsModule } from './features/sessions/index.js';
import { PlatformModule } from './platform/platform.module.js';

/** The data plane: it knows people by pseudonyms alone. */
@Module({})
export class AppModule {
  static with(config: ApiConfig, logger: Logger): DynamicModule {
    return {
      module: AppModule,
      imports: [
        PlatformModule.with(config, logger),
        RegisterModule,
        PermitsModule,
        SessionsModule,
        ConsentModule,
        OptOutsModule,
        FaultsModule,
        HoldsModule,
        ConsentImportsModule,
        IngestModule,
        ProductsModule,
        RecommendationsModule,
        CohortsModule,
        ErasureModule,
      ],
      controllers: [...AUDIT_CONTROLLERS, ServiceController, AbilitiesController],
    };
  }
}
