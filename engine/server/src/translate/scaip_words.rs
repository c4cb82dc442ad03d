//! SCAIP's codes and faults in bokmål, as operators read them. A code without words is shown as its number.

use scaip::Reason;

/// Words by code.
type Words = [(u16, &'static str)];

/// What kind of device (`dty`).
pub(super) fn device(code: u16) -> Option<&'static str> {
    find(DEVICES, code)
}

/// What it says happened (`stc`).
pub(super) fn status(code: u16) -> Option<&'static str> {
    find(STATUSES, code)
}

/// Where (`lco`).
pub(super) fn place(code: u16) -> Option<&'static str> {
    find(PLACES, code)
}

/// Why a body could not be read.
pub(super) fn fault(reason: Reason) -> &'static str {
    match reason {
        Reason::TooLong => "meldingen er lengre enn 16 KiB",
        Reason::Empty => "meldingen er tom",
        Reason::NotXml => "meldingen er ikke gyldig XML",
        Reason::Truncated => "meldingen er kuttet: den slutter midt i",
        Reason::Dtd => "meldingen har en dokumenttype, som ikke godtas",
        Reason::Entity => "meldingen har en ukjent entitet",
        Reason::Nul => "meldingen har et nulltegn inni",
        Reason::SecondRoot => "meldingen har to rotelementer",
        Reason::TextOutsideRoot => "meldingen har tekst utenfor rotelementet",
        Reason::TooDeep => "meldingen har elementer i mer enn 8 nivåer",
        Reason::TooManyElements => "meldingen har mer enn 64 elementer",
        Reason::TooManyAttributes => "meldingen har mer enn 64 attributter",
        Reason::NotScaip => "meldingen er verken mrq eller mrs",
        _ => "meldingen kan ikke leses",
    }
}

fn find(words: &'static Words, code: u16) -> Option<&'static str> {
    words.binary_search_by_key(&code, |row| row.0).ok().map(|at| words[at].1)
}

#[rustfmt::skip]
const DEVICES: &Words = &[
    (0, "ukjent"), (1, "ikke angitt"), (2, "trygghetsenhet"), (3, "bærbar utløser"),
    (4, "fast utløser"), (5, "falldetektor"), (6, "overfallsalarm"), (7, "panikknapp"),
    (8, "vaktbryter, ekstern"), (9, "vaktbryter, lokal"), (10, "aktivitetssensor"),
    (11, "medisindispenser"), (12, "sengesensor"), (13, "mattesensor"), (14, "dørsensor"),
    (15, "vandringssensor"), (16, "enuresesensor"), (17, "epilepsisensor"),
    (18, "tilstedeværelsessensor"), (19, "pulsmåler"), (20, "klimasensor"), (21, "gassdetektor"),
    (22, "lysovervåking"), (23, "røykvarsler"), (24, "varmeovervåking"), (25, "varmedetektor"),
    (26, "CO-varsler"), (27, "bryter for uønsket besøk"), (28, "innbruddssensor"),
    (29, "grensesensor"), (30, "automatisk falldetektor"), (31, "systemovervåking"),
    (32, "sambandsovervåking"), (33, "vannsensor"), (34, "badesensor"), (35, "døråpner"),
    (36, "skallsikring"), (37, "sprinkler"), (38, "sabotasjesensor"), (39, "skriver"),
    (40, "ruter"), (41, "strømforsyning"), (43, "adgangskontroll"), (44, "stolsensor"),
    (45, "styreenhet"), (46, "heisalarm"), (47, "brannalarmanlegg"), (48, "lokal enhet"),
    (49, "overvåkingsenhet"), (50, "radioenhet"), (51, "sporingsenhet"),
];

#[rustfmt::skip]
const STATUSES: &Words = &[
    (0, "ukjent"), (1, "ikke angitt"), (2, "avbrutt"), (3, "fraværende"), (4, "godtatt"),
    (5, "kvittert"), (6, "utløst"), (7, "aktiv"), (8, "lagt til"), (9, "automatisk alarm"),
    (10, "manuell alarm"), (11, "varsel"), (12, "tilkoblet"), (13, "tildelt"), (14, "batterifeil"),
    (15, "batteri i orden"), (16, "lavt batteri"), (17, "opptatt"), (18, "forbikoblet"),
    (19, "avlyst"), (20, "ladet"), (21, "lukket"), (22, "lukket for lenge"),
    (23, "feil på IP-forbindelsen"), (24, "feil på mobilforbindelsen"),
    (25, "feil på telefonlinjen"), (26, "feil på hovedsambandet"), (27, "feil på reservesambandet"),
    (28, "slettet"), (29, "avvist"), (30, "frakoblet"), (31, "forbindelse brutt"),
    (32, "feilkode 1"), (33, "feilkode 2"), (34, "feilkode 3"), (35, "feilkode 4"),
    (36, "feilkode 5"), (37, "feilkode 6"), (38, "feilkode 7"), (39, "feilkode 8"),
    (40, "feilkode 9"), (41, "utført"), (42, "svikt"), (43, "frekvensavvik"),
    (44, "frekvensavvik nedover"), (45, "frekvensavvik oppover"), (46, "høyt nivå"), (47, "pågår"),
    (48, "i drift"), (49, "inaktiv"), (50, "påbegynt"), (51, "avbrutt av feil"), (52, "fastkilt"),
    (53, "nivå 1"), (54, "nivå 2"), (55, "nivå 3"), (56, "nivå 4"), (57, "nivå 5"), (58, "nivå 6"),
    (59, "nivå 7"), (60, "nivå 8"), (61, "nivå 9"), (62, "logg"), (63, "tapt"), (64, "lavt nivå"),
    (65, "vedlikehold trengs"), (66, "vedlikehold haster"), (67, "funksjonsfeil"),
    (68, "minnet er fullt"), (69, "ikke aktiv"), (70, "normal tilstand"), (71, "i bruk"),
    (72, "av"), (73, "uten forbindelse"), (74, "på"), (75, "har forbindelse"), (76, "åpen"),
    (77, "åpen for lenge"), (78, "ute av drift"), (79, "full"), (80, "venter"),
    (81, "medisin ikke tatt"), (82, "påminnelse om medisin"), (83, "medisin tatt"),
    (84, "planlagt"), (85, "strømbrudd"), (86, "strømmen er tilbake"), (87, "planlagt besøk"),
    (88, "til stede etter alarm"), (89, "privatbryter brukt"), (90, "puls"), (91, "gjenopprettet"),
    (92, "automatisk tilbakestilt"), (93, "manuelt tilbakestilt"), (94, "tilbake til normalt"),
    (95, "radioforstyrrelse"), (96, "startet"), (97, "avsluttet"), (98, "erstattet"),
    (99, "lyktes"), (100, "høy temperatur"), (101, "lav temperatur"), (102, "test av hovedkanalen"),
    (103, "test av reservekanalen"), (104, "tidsavbrudd"), (105, "problem"), (106, "inntrenging"),
    (107, "uautorisert adgang"), (108, "forbikobling opphevet"), (109, "bekreftet"),
    (110, "trenger hjelp"), (111, "tiltak fullført"), (112, "IP-forbindelsen er tilbake"),
    (113, "mobilforbindelsen er tilbake"), (114, "telefonlinjen er tilbake"),
    (115, "hovedsambandet er tilbake"), (116, "reservesambandet er tilbake"), (117, "ligger i sengen"),
    (118, "låst"), (119, "bevegelse"), (120, "tilstedeværelse"), (121, "til stede"),
    (122, "radiostøy"), (123, "radiotest uteble"), (124, "radiotest er tilbake"),
    (125, "sabotasjealarm"), (126, "rask temperaturstigning"), (127, "låst opp"),
];

#[rustfmt::skip]
const PLACES: &Words = &[
    (0, "ukjent"), (1, "ikke angitt"), (2, "hjemme"), (3, "borte"), (4, "innendørs"),
    (5, "utendørs"), (6, "inne"), (7, "ute"), (8, "område"), (9, "sone"), (10, "kjeller"),
    (11, "bad"), (12, "soverom"), (13, "spisestue"), (14, "etasje"), (15, "garasje"), (16, "hage"),
    (17, "bakhage"), (18, "forhage"), (19, "geografisk sone"), (20, "treningsrom"), (21, "kjøkken"),
    (22, "vaskerom"), (23, "hvilerom"), (24, "badstue"), (25, "trapp"), (26, "arbeidsrom"),
    (27, "verksted"), (28, "loft"), (29, "skur"), (30, "midlertidig adresse"), (31, "sommerhus"),
    (32, "hytte"), (33, "mobil"), (34, "posisjon vedlagt"), (35, "GPS-posisjon vedlagt"),
    (36, "eiendom"), (37, "handikapbad"), (38, "dør"), (39, "inngangsdør"), (40, "bakdør"),
    (41, "branndør"), (42, "gang"), (43, "stue"), (44, "leilighet"), (45, "enetasjes hus"),
    (46, "oppholdsrom"), (47, "fellesareal"), (48, "kontor"), (49, "rom"), (50, "anlegg"),
    (51, "avdeling"), (52, "fløy"),
];

#[cfg(test)]
mod tests {
    use scaip::{dty, lco, stc};

    use super::*;

    #[test]
    fn every_code_of_the_tables_has_words_and_no_other() {
        let of = |words: &Words| words.iter().map(|row| row.0).collect::<Vec<_>>();
        assert_eq!(of(DEVICES), dty::ROWS.iter().map(|row| row.number).collect::<Vec<_>>());
        assert_eq!(of(STATUSES), stc::ROWS.iter().map(|row| row.number).collect::<Vec<_>>());
        assert_eq!(of(PLACES), lco::ROWS.iter().map(|row| row.number).collect::<Vec<_>>());
    }

    #[test]
    fn words_are_found_by_code() {
        assert_eq!(device(3), Some("bærbar utløser"));
        assert_eq!(status(10), Some("manuell alarm"));
        assert_eq!(place(52), Some("fløy"));
        assert_eq!((device(42), status(128), place(53)), (None, None, None));
    }
}
