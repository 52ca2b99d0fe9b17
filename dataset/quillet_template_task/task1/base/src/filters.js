const text = (value) => (value === null || value === undefined ? '' : String(value));

/** The filters every engine has. A filter gets the value and its arguments. */
export const FILTERS = {
  upper: (value) => text(value).toUpperCase(),
  lower: (value) => text(value).toLowerCase(),
  trim: (value) => text(value).trim(),
  length: (value) => (Array.isArray(value) ? value.length : text(value).length),
  join: (value, separator = ', ') => (Array.isArray(value) ? value.join(separator) : text(value)),
  default: (value, fallback = '') =>
    value === null || value === undefined || value === '' ? fallback : value,
};
