/**
 * RFC 3986's unreserved characters and `*` stay, which every URL parser and `java.net.URLDecoder` take as they are;
 * everything else is percent-encoded.
 */
export const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

/** `undefined` for what is no percent-encoded UTF-8. */
export const decode = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
};
