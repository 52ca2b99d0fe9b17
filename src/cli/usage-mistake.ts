import { UserMistake } from '../base/errors.js';

/** What the option parser throws. */
export interface ParserError {
  /** E.g. `commander.unknownOption`. */
  readonly code: string;
  readonly message: string;
}

/**
 * A complaint of the option parser in the form of all mistakes: field, what is wrong, remedy. `undefined` for what
 * is none, such as help that was asked for.
 */
export function usageMistake({ code, message }: ParserError): UserMistake | undefined {
  const text = message.replace(/^error: /, '').replaceAll('\n', ' ');
  const field = /--[\w-]+/.exec(text)?.[0];
  const flags = /'(?<flags>[^']*)'/.exec(text)?.groups?.['flags'] ?? '';
  const make = (what: string, where: string, remedy: string): UserMistake =>
    new UserMistake(what, { code: kebab(code), where, remedy });
  switch (code) {
    case 'commander.missingMandatoryOptionValue':
      return make('this option is missing', field ?? flags, `add ${longForm(flags)}`);
    case 'commander.optionMissingArgument':
      return make('its value is missing', field ?? flags, `write ${longForm(flags)}`);
    case 'commander.unknownOption':
      return make('there is no such option', flags, suggestion(text) ?? 'see troupe <command> --help');
    case 'commander.unknownCommand':
      return make(
        `there is no command "${flags}"`,
        'command',
        suggestion(text) ?? 'see the commands in troupe --help',
      );
    case 'commander.invalidArgument':
      return invalidValue(text, field ?? 'option', make);
    case 'commander.excessArguments':
      return make(
        'there are words that belong to no option',
        'command line',
        'give every option its value, and quote values that hold blanks',
      );
    case 'commander.help':
    case 'commander.helpDisplayed':
    case 'commander.version':
      return undefined;
    default:
      return make(text, 'command line', 'see troupe --help');
  }
}

/** `option '--k <number>' argument 'x' is invalid. <why>` */
function invalidValue(
  text: string,
  field: string,
  make: (what: string, where: string, remedy: string) => UserMistake,
): UserMistake {
  const { value = '', why = '' } =
    /argument '(?<value>.*)' is invalid\. ?(?<why>.*)$/.exec(text)?.groups ?? {};
  const choices = /^Allowed choices are (?<choices>.*?)\.?$/.exec(why)?.groups?.['choices'];
  if (value === 'hf' && choices !== undefined) {
    return make('Hugging Face cannot be read from yet', field, `use one of ${choices}`);
  }
  const remedy = choices === undefined ? why.replace(/\.$/, '') : `use one of ${choices}`;
  return make(`"${value}" is not valid`, field, remedy === '' ? 'see troupe --help' : remedy);
}

function suggestion(text: string): string | undefined {
  return /\(Did you mean (?<names>.*)\?\)/
    .exec(text)
    ?.groups?.['names']?.replace(/^/, 'did you mean ')
    .concat('?');
}

/** `-s, --setting <name>` → `--setting <name>`. */
function longForm(flags: string): string {
  return flags.replace(/^-\w, /, '');
}

function kebab(code: string): string {
  return code.replace(/^commander\./, 'usage-').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
