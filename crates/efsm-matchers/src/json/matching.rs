//! Pairing the elements of two arrays whose order does not count.

/// Gives each of `expected` elements a different one of `actual` elements that it equals, as many as can have one.
///
/// Equality need not be transitive (`${json-unit.any-string}` equals two different strings), so the first fit is
/// not always right: earlier pairs move on along augmenting paths (Kuhn's algorithm).
pub(crate) fn assign(
    expected: usize,
    actual: usize,
    equal: impl Fn(usize, usize) -> bool,
    given_up: impl Fn() -> bool,
) -> Vec<Option<usize>> {
    let mut search = Search {
        owner: vec![None; actual],
        known: vec![Vec::new(); expected],
        actual,
        equal,
        given_up,
    };
    let mut left_over = Vec::new();
    for left in 0..expected {
        // Arrays are mostly in the same order: try the same place first, without a table.
        let same = (left < actual && search.owner[left].is_none()).then_some(left);
        match same.filter(|&right| (search.equal)(left, right)) {
            Some(right) => search.owner[right] = Some(left),
            None => left_over.push(left),
        }
    }
    for left in left_over {
        if (search.given_up)() {
            break;
        }
        search.place(left);
    }
    let mut pairs = vec![None; expected];
    for (right, owner) in search.owner.iter().enumerate() {
        if let Some(left) = owner {
            pairs[*left] = Some(right);
        }
    }
    pairs
}

struct Search<F, G> {
    /// For each actual element the expected one that holds it.
    owner: Vec<Option<usize>>,
    /// Comparisons already made: a row for each expected element that was looked at.
    known: Vec<Vec<Option<bool>>>,
    actual: usize,
    equal: F,
    given_up: G,
}

impl<F: Fn(usize, usize) -> bool, G: Fn() -> bool> Search<F, G> {
    fn equals(&mut self, left: usize, right: usize) -> bool {
        let row = &mut self.known[left];
        row.resize(self.actual, None);
        *row[right].get_or_insert_with(|| (self.equal)(left, right))
    }

    /// Finds a place for `left`, moving others when needed. Iterative, because a path may be as long as the array.
    fn place(&mut self, left: usize) {
        let mut visited = vec![false; self.actual];
        let mut came_from: Vec<Option<usize>> = vec![None; self.actual];
        let mut queue = std::collections::VecDeque::from([left]);
        while let Some(current) = queue.pop_front() {
            if (self.given_up)() {
                return;
            }
            for right in 0..self.actual {
                if visited[right] || !self.equals(current, right) {
                    continue;
                }
                visited[right] = true;
                came_from[right] = Some(current);
                match self.owner[right] {
                    Some(holder) => queue.push_back(holder),
                    None => return self.shift(right, left, &came_from),
                }
            }
        }
    }

    /// Moves every holder on the path to `free` one place on, so that `first` gets one.
    fn shift(&mut self, free: usize, first: usize, came_from: &[Option<usize>]) {
        let mut right = free;
        while let Some(left) = came_from[right] {
            let before = self.owner.iter().position(|owner| *owner == Some(left));
            self.owner[right] = Some(left);
            match before {
                Some(previous) if left != first => right = previous,
                _ => break,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(table: &[&[u8]]) -> Vec<Option<usize>> {
        let actual = table.first().map_or(0, |row| row.len());
        assign(
            table.len(),
            actual,
            |left, right| table[left][right] == 1,
            || false,
        )
    }

    #[test]
    fn earlier_pairs_move_on_for_later_ones() {
        assert_eq!(pairs(&[&[1, 1], &[1, 0]]), [Some(1), Some(0)]);
        assert_eq!(
            pairs(&[&[1, 1, 0], &[1, 1, 1], &[0, 1, 0]]),
            [Some(0), Some(2), Some(1)]
        );
    }

    #[test]
    fn what_equals_nothing_stays_alone() {
        assert_eq!(pairs(&[&[0, 0], &[0, 1]]), [None, Some(1)]);
        assert_eq!(pairs(&[&[1], &[1]]), [Some(0), None]);
        assert!(pairs(&[]).is_empty());
    }

    #[test]
    fn reversed_and_repeated_elements_are_paired() {
        let expected: Vec<_> = (0..200).map(|n| n / 2).collect();
        let actual: Vec<_> = expected.iter().rev().copied().collect();
        let pairs = assign(
            200,
            200,
            |left, right| expected[left] == actual[right],
            || false,
        );
        assert!(pairs.iter().all(Option::is_some));
    }
}
