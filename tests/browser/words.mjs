/** Kinds and codes as the mock engine tells them: enough of the real tables for every story. */

export const KINDS = [
  [0, "undecodable", "life_safety", "Uleselig melding – kan være en person"],
  [1, "unknown_code", "life_safety", "Ukjent kode"],
  [100, "press", "life_safety", "Trygghetsalarm utløst"],
  [101, "sos", "life_safety", "SOS (mobil enhet)"],
  [102, "fall", "life_safety", "Fall oppdaget"],
  [103, "smoke", "life_safety", "Røyk/brann"],
  [106, "seizure", "life_safety", "Epilepsianfall"],
  [109, "water", "person", "Vannlekkasje"],
  [120, "reset", "telemetry", "Tilbakestilt"],
  [200, "bed_left", "person", "Forlatt sengen"],
  [213, "door_at_night", "life_safety", "Dør åpnet om natten"],
  [302, "dose_missed", "person", "Dose ikke tatt"],
  [303, "dispenser_jam", "technical", "Rull sitter fast"],
  [401, "zone_left", "person", "Utenfor sone"],
  [600, "mains_lost", "technical", "Strømbrudd"],
  [602, "battery_low", "technical", "Lavt batteri"],
].map(([kind, name, of, label]) => ({ kind, name, class: of, label }));

const codes = (labels) => labels.map(([name, label], at) => ({ code: at + 1, name, label }));

export const CODES = {
  causes: codes([
    ["fall", "Fall"], ["injury", "Skade/blødning"], ["chest_pain", "Brystsmerter"], ["breathing", "Pust"],
    ["stroke", "Slag-symptomer"], ["pain", "Smerte"], ["illness", "Feber/sykdom"], ["toilet", "Toalett/stell"],
    ["medicine", "Medisin"], ["confusion", "Forvirring/vandring"], ["anxious", "Utrygg/ensom"],
    ["asks_for_visit", "Etterlyser besøk"], ["information", "Informasjonsbehov"], ["fire", "Brann/røyk"],
    ["violence", "Vold/trussel"], ["seizure", "Epilepsi"], ["zone", "GPS utenfor sone"], ["mishap", "Uhell/feiltrykk"],
    ["test", "Test"], ["technical", "Teknisk"], ["unknown", "Ukjent"],
  ]),
  actions: codes([
    ["settled_by_talk", "Avklart i samtale"], ["advice", "Råd gitt"], ["planned_visit", "Avventer planlagt besøk"],
    ["relative", "Pårørende varslet"], ["home_care", "Hjemmetjeneste sendt"], ["doctor", "Legevakt"],
    ["emergency", "113/110/112"], ["camera", "Kameratilsyn"], ["technical_order", "Teknisk ordre"],
    ["unlocked", "Låst opp med e-lås"], ["none", "Ingen (begrunn)"],
  ]),
  outcomes: codes([
    ["helped", "Hjulpet på stedet"], ["admitted", "Innlagt"], ["no_need", "Ingen hjelp nødvendig"],
    ["no_contact", "Ikke kontakt – fulgt opp fysisk"], ["wrong_address", "Feil adresse"],
    ["withdrawn", "Avlyst av bruker"], ["dead", "Død funnet"], ["transferred", "Uavklart, overført"],
  ]),
};
