//! The code tables, one a file: numbers of one to four digits, compared as integers. Every table is
//! open: a number that is not in it is kept by [`crate::Code`].

pub mod dco;
pub mod dty;
pub mod lco;
pub mod snu;
pub mod stc;

/// One row of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The number on the wire.
    pub number: u16,
    /// A short English identifier.
    pub name: &'static str,
}

const fn row(number: u16, name: &'static str) -> Row {
    Row { number, name }
}

fn find(rows: &'static [Row], number: u16) -> Option<&'static Row> {
    rows.binary_search_by_key(&number, |row| row.number).ok().map(|at| &rows[at])
}

#[cfg(test)]
mod tests {
    use super::*;
    use stc::Severity;

    #[test]
    fn every_table_is_sorted_and_finds_its_own() {
        let tables: [(&[Row], usize, u16); 3] =
            [(&dty::ROWS, 51, 51), (&dco::ROWS, 30, 29), (&lco::ROWS, 53, 52)];
        for (rows, len, last) in tables {
            assert_eq!((rows.len(), rows.last().map(|row| row.number)), (len, Some(last)));
            assert!(rows.is_sorted_by(|a, b| a.number < b.number));
            for row in rows {
                assert_eq!(find(rows, row.number).map(|found| found.name), Some(row.name));
            }
        }
        assert!(stc::ROWS.iter().zip(0u16..).all(|(row, number)| row.number == number));
    }

    #[test]
    fn names_are_those_of_the_sources() {
        assert_eq!(dty::lookup(3).map(|row| row.name), Some("personal_trigger"));
        assert_eq!(dty::lookup(42), None);
        assert_eq!(lco::lookup(21).map(|row| row.name), Some("kitchen"));
        assert_eq!(dco::lookup(22).map(|row| row.name), Some("ethernet_circuit"));
        for (number, name, severity) in [
            (10, "manual_alarm", Severity::Alarm),
            (16, "battery_low", Severity::Fault),
            (19, "cancel", Severity::Normal),
            (49, "inactive", Severity::Alarm),
            (50, "initiated", Severity::Normal),
            (102, "test_transmission_primary_channel", Severity::Test),
            (110, "assistance", Severity::Alarm),
            (127, "unlocked", Severity::Normal),
        ] {
            let row = stc::lookup(number).expect("a known code");
            assert_eq!((row.name, row.severity), (name, severity));
        }
        assert_eq!(stc::severity(9999), Severity::Alarm);
    }
}
