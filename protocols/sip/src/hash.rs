//! SipHash-2-4 with 128 bits (Aumasson and Bernstein, 2012), over a sequence of fields.

/// A running hash. Each field enters as its length and its bytes padded with zeros to whole
/// words, so that no two different sequences of fields are the same input.
pub(crate) struct FieldHash {
    v: [u64; 4],
    words: u64,
}

impl FieldHash {
    pub(crate) fn new(seed: [u64; 2]) -> Self {
        let [k0, k1] = seed;
        let v = [
            k0 ^ 0x736f_6d65_7073_6575,
            k1 ^ 0x646f_7261_6e64_6f6d ^ 0xee,
            k0 ^ 0x6c79_6765_6e65_7261,
            k1 ^ 0x7465_6462_7974_6573,
        ];
        Self { v, words: 0 }
    }

    pub(crate) fn field(&mut self, bytes: &[u8]) {
        self.word(bytes.len() as u64);
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.word(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            self.word(u64::from_le_bytes(last));
        }
    }

    pub(crate) fn word(&mut self, word: u64) {
        self.absorb(word);
        self.words += 1;
    }

    fn absorb(&mut self, word: u64) {
        self.v[3] ^= word;
        self.round();
        self.round();
        self.v[0] ^= word;
    }

    pub(crate) fn finish(mut self) -> [u8; 16] {
        // The length in bytes, modulo 256, is the top byte of the last word.
        self.absorb((self.words * 8) << 56);
        self.v[2] ^= 0xee;
        let low = self.squeeze();
        self.v[1] ^= 0xdd;
        let high = self.squeeze();
        (u128::from(low) | u128::from(high) << 64).to_le_bytes()
    }

    fn squeeze(&mut self) -> u64 {
        for _ in 0..4 {
            self.round();
        }
        self.v[0] ^ self.v[1] ^ self.v[2] ^ self.v[3]
    }

    fn round(&mut self) {
        let [mut a, mut b, mut c, mut d] = self.v;
        a = a.wrapping_add(b);
        b = b.rotate_left(13) ^ a;
        a = a.rotate_left(32);
        c = c.wrapping_add(d);
        d = d.rotate_left(16) ^ c;
        a = a.wrapping_add(d);
        d = d.rotate_left(21) ^ a;
        c = c.wrapping_add(b);
        b = b.rotate_left(17) ^ c;
        c = c.rotate_left(32);
        self.v = [a, b, c, d];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reference vectors for the key 00..0f and the input 00..07 and 00..0f.
    #[test]
    fn reference_vectors() {
        let seed = [0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908];
        let table: [(&[u64], u128); 3] = [
            (&[], 0xA381_7F04_BA25_A8E6_6DF6_7214_C755_0293),
            (&seed[..1], 0x3B62_A9BA_6258_F561_0F83_E264_F314_97B4),
            (&seed, 0x6EE2_A4CA_67B0_54BB_FD33_15BF_8523_0577),
        ];
        for (words, expected) in table {
            let mut hash = FieldHash::new(seed);
            for word in words {
                hash.word(*word);
            }
            assert_eq!(hash.finish(), expected.to_be_bytes());
        }
    }

    #[test]
    fn fields_do_not_flow_into_each_other() {
        let of = |fields: &[&[u8]]| {
            let mut hash = FieldHash::new([1, 2]);
            for field in fields {
                hash.field(field);
            }
            hash.finish()
        };
        let different: [&[&[u8]]; 7] = [
            &[b"ab", b"c"],
            &[b"a", b"bc"],
            &[b"abc"],
            &[b"abc", b""],
            &[b"", b"abc"],
            &[b"abc\0"],
            &[b"abcdefgh"],
        ];
        for (i, a) in different.iter().enumerate() {
            for b in &different[..i] {
                assert_ne!(of(a), of(b), "{a:?} {b:?}");
            }
        }
    }
}
