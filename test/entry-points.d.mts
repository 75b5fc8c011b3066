export declare const ENTRY_POINTS: { find: RegExp; replacement: string }[];
