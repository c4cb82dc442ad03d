/** Every word the page says: Bokmål first, English second. One table, so that neither is forgotten. */

/** @satisfies {Record<string, [string, string]>} */
const WORDS = {
  // The page
  demo_band: ["DEMO – ingen ekte personer", "DEMO – no real people"],
  load_test_band: ["LASTTEST – ingen ekte personer", "LOAD TEST – no real people"],
  waiting: ["Venter", "Waiting"],
  none_waiting: ["Ingen venter", "Nobody is waiting"],
  none_waiting_more: ["Nye alarmer kommer hit av seg selv, med lyd.", "New alarms come here by themselves, with sound."],
  connecting: ["Kobler til …", "Connecting …"],
  mine: ["Mine alarmer", "My alarms"],
  none_mine: ["Du har ingen alarm nå.", "You have no alarm now."],
  none_mine_more: ["Enter tar den valgte, N tar den som haster mest.", "Enter claims the selected one, N the most urgent."],
  others: ["Hos andre", "With others"],
  others_more: ["og {0} til", "and {0} more"],
  has_it: ["{0} har den siden {1}", "{0} has it since {1}"],
  logged_in: ["{0} · {1}", "{0} · {1}"],
  viewer: ["bare se", "view only"],
  operator: ["operatør", "operator"],
  leader: ["vaktleder", "shift leader"],
  help: ["Hjelp", "Help"],
  log_out: ["Logg ut", "Log out"],
  theme_auto: ["Lys: auto", "Light: auto"],
  theme_dark: ["Mørk", "Dark"],
  theme_light: ["Lys", "Light"],
  other_language: ["English", "Norsk"],
  sound_on: ["Lyd på", "Sound on"],
  sound_off: ["Lyd av i {0}", "Sound off for {0}"],
  sound_blocked: ["Lyd sperret", "Sound blocked"],
  sound_unblock: ["Lyden er sperret av nettleseren. Trykk en tast, så høres alarmer.", "The browser blocks sound. Press any key, and alarms are heard."],
  // Time
  hours_minutes: ["{0} t {1} min", "{0} h {1} min"],
  days_hours: ["{0} d {1} t", "{0} d {1} h"],
  n_seconds: ["{0} s", "{0} s"],
  n_minutes: ["{0} min", "{0} min"],
  n_hours: ["{0} t", "{0} h"],
  n_days: ["{0} d", "{0} d"],
  target: ["mål {0}", "target {0}"],
  over_target: ["over mål {0}", "past target {0}"],
  // Classes
  life_safety: ["Liv og helse", "Life safety"],
  person: ["Person", "Person"],
  technical: ["Teknisk", "Technical"],
  telemetry: ["Måling", "Telemetry"],
  test: ["Test", "Test"],
  acts: ["Handling", "Act"],
  bulk: ["Import", "Import"],
  // A row
  priority: ["Prioritet {0}", "Priority {0}"],
  because: ["Prioritet {0}: {1}", "Priority {0}: {1}"],
  reason_repeated: ["gjentatt én gang", "repeated once"],
  reason_repeats: ["gjentatt {0} ganger", "repeated {0} times"],
  reason_buffered: ["kom {0} for sent", "came {0} late"],
  reason_recurred: ["kom igjen {0} etter at alarm {1} ble avsluttet", "came back {0} after alarm {1} was closed"],
  reason_undecodable: ["uleselig", "unreadable"],
  reason_doubtful: ["usikker avsender", "doubtful sender"],
  times: ["{0} ganger: {1}", "{0} times: {1}"],
  buffered_press: ["trykket {0}, ventet {1}", "pressed {0}, waited {1}"],
  buffered_other: ["skjedde {0}, ventet {1}", "happened {0}, waited {1}"],
  buffered: ["kom forsinket", "came late"],
  withdrawn: ["{0} {1} – må fortsatt avsluttes", "{0} {1} – must still be closed"],
  doubtful: ["avsender ikke bekreftet", "sender not confirmed"],
  flag_undecodable: ["kunne ikke leses – kan være en person", "could not be read – may be a person"],
  flag_unknown_code: ["ukjent kode – kan være en person", "unknown code – may be a person"],
  flag_sender_differs: ["avsender stemmer ikke med meldingen", "sender differs from the message"],
  flag_odd_field: ["uvanlig felt i meldingen", "odd field in the message"],
  flag_legacy_text: ["gammelt tegnsett", "old character set"],
  flag_field_missing: ["felt mangler i meldingen", "field missing from the message"],
  flag_unknown_unit: ["ukjent enhet", "unknown device"],
  flag_content_type: ["feil innholdstype", "wrong content type"],
  flag_municipality_differs: ["enheten er satt opp i en annen kommune", "the device is set up in another municipality"],
  unknown_person: ["ukjent person", "unknown person"],
  received: ["mottatt {0}", "received {0}"],
  claim: ["Ta", "Claim"],
  claiming: ["Tar …", "Claiming …"],
  new_above: ["{0} nye over", "{0} new above"],
  show_top: ["Vis øverst", "Show the top"],
  announce: ["Ny alarm, liv og helse: {0}, {1}", "New life-safety alarm: {0}, {1}"],
  // Own alarm
  signals: ["Signaler", "Signals"],
  happened: ["skjedde {0}", "happened {0}"],
  reference: ["Enhetens referanse", "The device's reference"],
  raw: ["Meldingen slik den kom", "The message as it came"],
  details_loading: ["Henter detaljer …", "Fetching details …"],
  details_failed: ["Detaljene kom ikke.", "The details did not come."],
  try_again: ["Prøv igjen", "Try again"],
  municipality: ["Kommune", "Municipality"],
  device: ["Enhet", "Device"],
  path: ["Kom over", "Came over"],
  person_id: ["Person", "Person"],
  sender: ["Avsender", "Sender"],
  sender_verified: ["bekreftet", "confirmed"],
  sender_claimed: ["oppgitt, ikke bevist", "stated, not proved"],
  sender_doubtful: ["ikke bekreftet", "not confirmed"],
  release: ["Slipp", "Release"],
  release_again: ["Trykk R igjen for å slippe", "Press R again to release"],
  close: ["Avslutt", "Close"],
  close_title: ["Avslutt alarmen", "Close the alarm"],
  cause: ["Årsak", "Cause"],
  action: ["Tiltak", "Action"],
  outcome: ["Utfall", "Outcome"],
  note: ["Notat (valgfritt)", "Note (optional)"],
  close_keys: ["Trykk bokstaven foran valget. Enter avslutter alarmen, Esc går tilbake.", "Press the letter before a choice. Enter closes the alarm, Esc goes back."],
  missing: ["Velg {0} først.", "Choose {0} first."],
  closing: ["Lagrer …", "Saving …"],
  back: ["Tilbake", "Back"],
  // Notices
  notice_taken: ["{0} tok den {1}. Du har den ikke.", "{0} claimed it {1}. You do not have it."],
  notice_claimed: ["Du har {0}, {1}.", "You have {0}, {1}."],
  notice_closed: ["Avsluttet og lagret: {0}.", "Closed and stored: {0}."],
  notice_released: ["Sluppet. Den venter igjen: {0}.", "Released. It waits again: {0}."],
  notice_gone: ["{0} avsluttet {1}.", "{0} closed {1}."],
  error_closed: ["Allerede avsluttet av {0}.", "Already closed by {0}."],
  error_not_yours: ["Du har den ikke lenger.", "You no longer have it."],
  error_no_such_alarm: ["Alarmen finnes ikke lenger.", "The alarm no longer exists."],
  error_no_session: ["Økten er over. Logg inn igjen.", "The session is over. Log in again."],
  error_not_allowed: ["Du har ikke lov til dette.", "You are not allowed to do this."],
  error_unknown_code: ["Koden er ukjent. Last siden på nytt.", "The code is unknown. Reload the page."],
  error_bad_request: ["Serveren forsto ikke: {0}", "The server did not understand: {0}"],
  error_not_stored: ["IKKE LAGRET. Prøv igjen; det blir én handling.", "NOT STORED. Try again; it is one act."],
  error_no_answer: ["Serveren svarte ikke. Prøv igjen; det blir én handling.", "The server did not answer. Try again; it is one act."],
  error_other: ["Det gikk ikke: {0}", "It did not work: {0}"],
  // Bands
  lost: ["Forbindelsen er brutt siden {0} – listen kan være gammel", "The connection is lost since {0} – the list may be old"],
  lost_more: ["Kobler til på nytt av seg selv. Ring vaktleder om det varer.", "Connecting again by itself. Call the shift leader if it lasts."],
  restored: ["Forbindelsen var brutt fra {0} til {1}. Listen er ny nå.", "The connection was lost from {0} to {1}. The list is new now."],
  shout_sent_on: ["Ikke lagret – enheten er sendt videre", "Not stored – the device was sent on"],
  shout_waiting: ["Ikke lagret – prøver ennå", "Not stored – still trying"],
  health_stalled: ["Loggen henger siden {0}. Nye alarmer vises som «Ikke lagret», og ingenting kan tas eller avsluttes.", "The log has stalled since {0}. New alarms show as “Not stored”, and nothing can be claimed or closed."],
  health_low: ["Lite diskplass igjen siden {0}. Ring drift nå.", "Little disk space left since {0}. Call operations now."],
  health_full: ["Disken er full siden {0}. Nye alarmer lagres ikke; enhetene sendes videre. Ring drift nå.", "The disk is full since {0}. New alarms are not stored; devices are sent on. Call operations now."],
  health_no_quorum: ["For få noder siden {0}. Nye alarmer lagres ikke; enhetene sendes videre. Ring drift nå.", "Too few nodes since {0}. New alarms are not stored; devices are sent on. Call operations now."],
  health_stopped: ["Loggen har stoppet {0}. Nye alarmer lagres ikke; enhetene sendes videre. Ring drift nå.", "The log stopped {0}. New alarms are not stored; devices are sent on. Call operations now."],
  // Login
  login_title: ["Logg inn", "Log in"],
  login_lead: ["Alarmer vises først når du er logget inn.", "Alarms show once you are logged in."],
  login_once: ["Engangslenke", "One-time link"],
  login_once_hint: ["Lim inn lenken eller koden fra vaktleder eller terminalen", "Paste the link or code from the shift leader or the terminal"],
  login_or: ["eller", "or"],
  name: ["Navn", "Name"],
  password: ["Passord", "Password"],
  login: ["Logg inn", "Log in"],
  login_wrong: ["Det stemte ikke. En lenke gjelder én gang, i 10 minutter.", "That was not right. A link works once, for 10 minutes."],
  login_slow: ["For mange forsøk. Vent {0}.", "Too many attempts. Wait {0}."],
  // Let a colleague in
  let_in: ["Slipp inn en kollega", "Let a colleague in"],
  let_in_lead: ["Lag en lenke som gjelder én gang, i 10 minutter.", "Make a link that works once, for 10 minutes."],
  role: ["Rolle", "Role"],
  scope: ["Kommuner", "Municipalities"],
  scope_hint: ["Tomt: alle dine. Ellers kommunenummer med mellomrom.", "Empty: all of yours. Otherwise municipality numbers with spaces."],
  make_link: ["Lag lenke", "Make the link"],
  link_made: ["Lenken til {0}", "The link for {0}"],
  copy: ["Kopier", "Copy"],
  copied: ["Kopiert", "Copied"],
  shut: ["Lukk", "Shut"],
  // History
  history: ["Historikk", "History"],
  operator_name: ["Operatør", "Operator"],
  from_day: ["Fra og med", "From"],
  to_day: ["Til og med", "To"],
  state: ["Tilstand", "State"],
  any: ["alle", "any"],
  open_ones: ["åpne", "open"],
  closed_ones: ["avsluttet", "closed"],
  by_kind: ["Hendelse", "Event"],
  by_cause: ["Årsak", "Cause"],
  by_outcome: ["Utfall", "Outcome"],
  search: ["Søk", "Search"],
  searching: ["Søker …", "Searching …"],
  none_found: ["Ingen alarmer passer.", "No alarm fits."],
  n_found: ["{0} alarmer{1}", "{0} alarms{1}"],
  and_older: [", og eldre", ", and older ones"],
  older: ["Vis eldre", "Show older"],
  ended_so: ["{0} → {1}", "{0} → {1}"],
  first_claimed_by: ["tatt av {0}, ikke avsluttet", "claimed by {0}, not closed"],
  never_claimed: ["ikke tatt", "not claimed"],
  back_to_search: ["Tilbake til søket", "Back to the search"],
  came: ["Kom", "Came"],
  until_claim: ["Til første tok den", "Until first claimed"],
  until_close: ["Til avsluttet", "Until closed"],
  until_painted: ["Til den sto på en skjerm", "Until it was on a screen"],
  timeline_cut: ["Bare de eldste er med her.", "Only the oldest are shown here."],
  signal_opened: ["{0} åpnet alarmen", "{0} opened the alarm"],
  signal_folded: ["{0} igjen", "{0} again"],
  signal_attached: ["{0} ble vist på den", "{0} was shown on it"],
  act_claim: ["{0} tok den", "{0} claimed it"],
  act_release: ["{0} slapp den", "{0} released it"],
  act_close: ["{0} avsluttet den", "{0} closed it"],
  tried_claim: ["{0} ville ta den – {1}", "{0} tried to claim it – {1}"],
  tried_release: ["{0} ville slippe den – {1}", "{0} tried to release it – {1}"],
  tried_close: ["{0} ville avslutte den – {1}", "{0} tried to close it – {1}"],
  tenths: ["{0},{1} s", "{0}.{1} s"],
  result_taken: ["en annen hadde den", "another had it"],
  result_closed: ["den var avsluttet", "it was closed"],
  result_not_yours: ["den var ikke operatørens", "it was not the operator's"],
  result_no_such_alarm: ["ikke i operatørens kommuner", "not of the operator's municipalities"],
  result_no_session: ["ikke logget inn", "not logged in"],
  result_not_allowed: ["rollen får ikke", "the role may not"],
  result_unknown_code: ["ukjent kode", "unknown code"],
  error_busy: ["Opptatt akkurat nå. Prøv igjen om litt.", "Busy just now. Try again shortly."],
  error_too_slow: ["Søket tok for lang tid. Velg kortere tid eller færre.", "The search took too long. Choose a shorter time or fewer."],
  // Help
  keys: ["Taster", "Keys"],
  key_move: ["Flytt i listen", "Move in the list"],
  key_ends: ["Øverst, nederst", "Top, bottom"],
  key_claim: ["Ta den valgte", "Claim the selected one"],
  key_next: ["Ta den som haster mest", "Claim the most urgent"],
  key_close: ["Avslutt alarmen du har", "Close the alarm you have"],
  key_release: ["Slipp alarmen du har (to ganger)", "Release the alarm you have (twice)"],
  key_mine: ["Bytt mellom dine alarmer", "Switch between your alarms"],
  key_mute: ["Lyd av i 5 minutter, eller på", "Sound off for 5 minutes, or on"],
  key_history: ["Historikk", "History"],
  key_help: ["Denne hjelpen", "This help"],
  key_escape: ["Tilbake til listen", "Back to the list"],
  shapes: ["Former", "Shapes"],
};

/** @typedef {"nb"|"en"} Language */

const REMEMBERED = "varde.language";
/** @type {Language} */
let language = recall(REMEMBERED) === "en" ? "en" : "nb";

/** Storage may be denied by the browser's policy; the page then just forgets. @param {string} key */
export function recall(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** @param {string} key @param {string} value */
export function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Denied: nothing depends on it.
  }
}

export const currentLanguage = () => language;

/** @param {Language} to */
export function speak(to) {
  language = to;
  remember(REMEMBERED, to);
}

/** The words for `key`, with its {0}, {1} filled. @param {keyof typeof WORDS} key @param {...(string|number)} fill */
export function t(key, ...fill) {
  const text = WORDS[key][language === "nb" ? 0 : 1];
  return text.replace(/\{(\d)\}/g, (_, at) => String(fill[Number(at)] ?? ""));
}

/** The words for a name the server made, or `undefined` when it is newer than this page. @param {string} key */
export function maybe(key) {
  return key in WORDS ? t(/** @type {keyof typeof WORDS} */ (key)) : undefined;
}

/** English from a wire name: `mains_lost` → Mains lost. The server's labels are Bokmål. @param {{name:string, label:string}} thing */
export function label(thing) {
  if (language === "nb") return thing.label;
  const words = thing.name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
