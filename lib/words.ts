/** The words of a list with white space or commas between them, such as CORS_ORIGINS. */
export function words(text = ''): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}
