export { ModelVault } from './model-vault.js';
export { RecommendationsModule } from './recommendations.module.js';
export { recommendationsPolicy } from './recommendations.policy.js';
export { RecommendationsService } from './recommendations.service.js';
export { DESTROY_MODEL_KEY_TOPIC, RecommendationsTrainer } from './recommendations-trainer.js';
