//! What holds for every input.

use proptest::prelude::*;
use scaip::{Code, Document, Geo, MessageType, Mrq, Mrs, decode};

/// Text that XML 1.0 can carry and that is not only white space.
fn text() -> impl Strategy<Value = String> {
    "[ -~æøåÆØÅ€\u{1F3E0}]{0,20}[!-~]"
}

fn code() -> impl Strategy<Value = Code> {
    prop_oneof!["[0-9]{1,6}", "[!-~]{1,6}"].prop_map(|raw| Code::parse(&raw))
}

fn mty() -> impl Strategy<Value = MessageType> {
    "ME|RE|IN|PI|[A-Z0-9]{1,3}".prop_map(|raw| MessageType::parse(&raw))
}

prop_compose! {
    fn geo()(geo in text(), tim in text(), gga in text()) -> Geo {
        Geo { geo: Some(geo), tim: Some(tim), gga: Some(gga) }
    }
}

prop_compose! {
    fn mrq()(
        reference in "[0-9a-zA-Z]{1,16}",
        cid in "[0-9+]{1,20}",
        codes in prop::collection::vec(prop::option::of(code()), 10),
        texts in prop::collection::vec(prop::option::of(text()), 7),
        mty in prop::option::of(mty()),
        lge in prop::option::of(geo()),
        crd in prop::collection::vec(text(), 0..4),
        extra in prop::collection::vec(("x[a-z0-9.-]{0,8}", text()), 0..6),
    ) -> Mrq {
        let c = |at: usize| codes[at].clone();
        let t = |at: usize| texts[at].clone();
        Mrq {
            reference: Some(reference), cid: Some(cid), cid_raw: None,
            dty: c(0), sco: c(1), cha: c(2), hbo: c(3), dco: c(4), stc: c(5), pri: c(6),
            lco: c(7), ico: c(8), ame: c(9), mreq: c(0),
            ver: t(0), did: t(1), dte: t(2), stt: t(3), lva: t(4), lte: t(5), ite: t(6),
            mty, lge, crd, extra, odd: Vec::new(),
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(body in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = decode(&body);
    }

    #[test]
    fn no_markup_panics(body in "(</?(mrq|mrs|ref|cid|lge|geo|!DOCTYPE|\\?xml|!--|!\\[CDATA\\[)>?|[&;#x0-9<>/=\" a]){0,60}") {
        let _ = decode(body.as_bytes());
    }

    #[test]
    fn an_mrq_survives_a_round_trip(mrq in mrq()) {
        let body = mrq.encode();
        prop_assert!(body.is_ascii());
        prop_assert!(!body.contains("/>"));
        let Ok(Document::Mrq(read)) = decode(body.as_bytes()) else {
            return Err(TestCaseError::fail(body));
        };
        prop_assert_eq!(read.content(), mrq.content());
        prop_assert_eq!(read.encode(), body);
        prop_assert_eq!(Mrq { odd: Vec::new(), ..*read }, mrq);
    }

    #[test]
    fn an_mrs_survives_a_round_trip(
        reference in "[!-~]{1,20}", snu in any::<u16>(), ste in text(), tnu in text(),
    ) {
        let mrs = Mrs { ste: Some(ste), ..Mrs::accepted_call(&reference, &tnu) };
        let mrs = Mrs { snu: Some(Code::from(snu)), ..mrs };
        let body = mrs.encode();
        let Ok(Document::Mrs(read)) = decode(body.as_bytes()) else {
            return Err(TestCaseError::fail(body));
        };
        prop_assert_eq!(read.is_accepted(), snu == 0);
        prop_assert_eq!(Mrs { odd: Vec::new(), ..*read }, mrs);
    }
}
