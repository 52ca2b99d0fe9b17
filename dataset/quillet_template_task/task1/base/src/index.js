export { Engine, Template } from './engine.js';
export {
  InvalidOptionError,
  QuilletError,
  RenderError,
  TemplateSyntaxError,
} from './errors.js';
