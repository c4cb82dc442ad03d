//! The Merkle tree of RFC 9162, section 2.1, over SHA-256: its root, a leaf's path, and the root a path leads to.

use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use crate::Hash;

/// The leaf of an entry: its Seq and its hash.
pub fn leaf(seq: u64, entry: &Hash) -> Hash {
    let hash = Sha256::new().chain_update([0]).chain_update(seq.to_le_bytes());
    hash.chain_update(entry).finalize().into()
}

/// Two subtrees together.
pub fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// A tree that grows leaf by leaf and keeps only the roots of its whole subtrees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    size: u64,
    /// Largest first; their sizes are the ones in `size`'s binary digits.
    whole: Vec<Hash>,
}

impl Tree {
    /// Adds a leaf.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.whole.pop() {
                hash = node(&left, &hash);
            }
        }
        self.whole.push(hash);
        self.size += 1;
    }

    /// Leaves in it.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Its root; of an empty tree, the hash of nothing.
    pub fn root(&self) -> Hash {
        let mut whole = self.whole.iter().rev().copied();
        let Some(first) = whole.next() else { return Sha256::digest([]).into() };
        whole.fold(first, |right, left| node(&left, &right))
    }
}

/// The root over these leaves.
pub fn root(leaves: &[Hash]) -> Hash {
    let mut tree = Tree::default();
    for leaf in leaves {
        tree.push(*leaf);
    }
    tree.root()
}

/// The path of the leaf at `index`: the roots beside its way up, from the leaf on. Empty where there is no such leaf.
pub fn path(leaves: &[Hash], index: usize) -> Vec<Hash> {
    if leaves.len() < 2 || index >= leaves.len() {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(split(leaves.len() as u64) as usize);
    let (mut steps, beside) = if index < left.len() {
        (path(left, index), root(right))
    } else {
        (path(right, index - left.len()), root(left))
    };
    steps.push(beside);
    steps
}

/// How many steps the path of a leaf has.
pub fn steps(index: u64, size: u64) -> usize {
    let (mut index, mut size, mut steps) = (index, size, 0);
    while size > 1 && index < size {
        let left = split(size);
        (index, size) = if index < left { (index, left) } else { (index - left, size - left) };
        steps += 1;
    }
    steps
}

/// The root that a leaf and its path lead to; `None` where they do not fit a tree of this size.
pub fn climb(leaf: &Hash, index: u64, size: u64, path: &[Hash]) -> Option<Hash> {
    let Some((beside, below)) = path.split_last() else {
        return (size == 1 && index == 0).then_some(*leaf);
    };
    if size < 2 || index >= size {
        return None;
    }
    let left = split(size);
    if index < left {
        Some(node(&climb(leaf, index, left, below)?, beside))
    } else {
        Some(node(beside, &climb(leaf, index - left, size - left, below)?))
    }
}

/// The leaves of the left subtree: the largest power of two below the size.
fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn leaves(count: usize) -> Vec<Hash> {
        (0..count as u64).map(|seq| leaf(seq, &[seq as u8; 32])).collect()
    }

    /// The definition of the RFC, word for word, as another way to the same root.
    fn defined(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Sha256::digest([]).into(),
            [one] => *one,
            more => {
                let mut left = 1;
                while left * 2 < more.len() {
                    left *= 2;
                }
                node(&defined(&more[..left]), &defined(&more[left..]))
            }
        }
    }

    #[test]
    fn the_root_is_the_one_defined_for_every_size() {
        for count in 0..130 {
            assert_eq!(root(&leaves(count)), defined(&leaves(count)), "{count} leaves");
        }
    }

    #[test]
    fn every_leafs_path_leads_to_the_root_and_no_other_place_does() {
        for count in 1..40_usize {
            let all = leaves(count);
            for at in 0..count {
                let path = path(&all, at);
                assert_eq!(path.len(), steps(at as u64, count as u64));
                let lead = |index: usize| climb(&all[at], index as u64, count as u64, &path);
                assert_eq!(lead(at), Some(root(&all)));
                assert!(
                    (0..count)
                        .filter(|other| *other != at)
                        .all(|other| lead(other) != Some(root(&all)))
                );
            }
        }
    }

    #[test]
    fn a_path_too_long_or_too_short_leads_nowhere() {
        let all = leaves(5);
        let mut path = path(&all, 2);
        path.push([0; 32]);
        assert_eq!(climb(&all[2], 2, 5, &path), None);
        path.truncate(2);
        assert_eq!(climb(&all[2], 2, 5, &path), None);
        assert_eq!(climb(&all[2], 5, 5, &path), None);
        assert_eq!(climb(&all[2], 0, 0, &[]), None);
    }

    proptest! {
        #[test]
        fn another_leaf_or_step_leads_elsewhere(count in 2usize..300, at: usize, step: usize, bit in 0usize..256) {
            let (all, at) = (leaves(count), at % count);
            let mut path = path(&all, at);
            let lead = |leaf: &Hash, path: &[Hash]| climb(leaf, at as u64, count as u64, path);
            let mut other = all[at];
            other[bit / 8] ^= 1 << (bit % 8);
            prop_assert_ne!(lead(&other, &path), Some(root(&all)));
            let step = step % path.len();
            path[step][bit / 8] ^= 1 << (bit % 8);
            prop_assert_ne!(lead(&all[at], &path), Some(root(&all)));
        }
    }

    #[test]
    fn a_leaf_is_never_a_node() {
        let two = leaves(2);
        assert_ne!(root(&two), leaf(0, &root(&two)));
    }
}
