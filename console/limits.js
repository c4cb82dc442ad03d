/** Every limit of the page, and what happens at it. Milliseconds unless told. */

/** Nothing heard for this long: the banner comes and the page connects again. The server beats every 5 s. */
export const SILENCE = 12_000;

/** First wait before connecting again; it doubles, and each wait is drawn from its upper half. */
export const RETRY_FIRST = 250;

/** The longest wait before connecting again; a centre's pages then spread over the half of it. */
export const RETRY_LAST = 5_000;

/** A call to the API is given up after this long and shown as not answered: above the log's own 4 s. */
export const CALL = 6_000;

/** An act not stored or not answered is sent again, same act id, this many times; then the operator is asked. */
export const ACT_TRIES = 3;

/** The wait between two tries of one act. */
export const ACT_WAIT = 400;

/** Rows in the waiting list above which only a window of it is in the page, with rows of one height. */
export const WINDOW_FROM = 40;

/** Rows kept ready above and below the window. */
export const WINDOW_SPARE = 6;

/** The waiting life-safety alarm's tone comes again no oftener than this. */
export const TONE_AGAIN = 20_000;

/** A mute ends by itself after this. */
export const MUTE = 300_000;

/** Hands on keys or mouse this recently: the list holds still, and what is new above is named on its edge. */
export const HANDS_ON = 15_000;

/** A second R within this releases; one alone does nothing. */
export const RELEASE_AGAIN = 4_000;

/** A hidden page draws no frames: its messages are applied at this pace, so that they never pile up. */
export const HIDDEN_PACE = 250;

/** A note longer than this many characters cannot be typed. */
export const NOTE_LENGTH = 2_000;

/** Times shown of a repeated alarm: the latest few; the count tells the rest. */
export const TIMES_SHOWN = 4;

/** Other operators' claims listed; beyond it only their number. */
export const OTHERS_SHOWN = 30;

/**
 * Seconds within which a waiting alarm should be taken, by class. Life safety: 97.5 % within 60 s (TSA/TEC QSF);
 * person: 180 s (same source, 99 %). The others have no target, and their clock only counts.
 * @type {Partial<Record<import("./types.js").Class, number>>}
 */
export const TARGET = { life_safety: 60, person: 180 };
