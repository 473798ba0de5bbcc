declare const addresses: Readonly<Record<string, string>>;
export = addresses;
