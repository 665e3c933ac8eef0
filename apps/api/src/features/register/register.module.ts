import { UnitOfWork } from '@integument/database';
import { provide } from '@integument/http';
import { Module } from '@nestjs/common';
import type { ApiConfig } from '../../config.js';
import { API_CONFIG } from '../../platform/tokens.js';
import { RegisterController } from './register.controller.js';
import { Register } from './register.js';
import { RegisterStore } from './register.store.js';
import { readRegisterFile } from './register-file.js';

@Module({
  controllers: [RegisterController],
  providers: [
    provide(RegisterStore),
    {
      provide: Register,
      inject: [API_CONFIG, RegisterStore, UnitOfWork],
      useFactory: async (config: ApiConfig, store: RegisterStore, unitOfWork: UnitOfWork) =>
        Register.publish(await readRegisterFile(config.REGISTER_FILE), store, unitOfWork),
    },
  ],
  exports: [Register, RegisterStore],
})
export class RegisterModule {}
