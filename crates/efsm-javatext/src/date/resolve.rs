//! From the fields that a text gave to a date, as `ResolverStyle.SMART` and `STRICT` do it.

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZone;

use super::ParsedDate;
use super::format::week_of_year;

/// The fields read so far, by the letters of `DateTimeFormatter`; `E` is 1 for Monday, `n` the nanosecond.
#[derive(Debug, Clone, Default)]
pub(super) struct Fields {
    values: Vec<(char, i64)>,
    pub(super) zone: Option<TimeZone>,
}

impl Fields {
    /// Notes a field. The same field with another value is an error.
    pub(super) fn set(&mut self, letter: char, value: i64) -> Result<(), String> {
        let letter = match letter {
            'L' => 'M',
            'q' => 'Q',
            // The localized day of the week counts from Sunday.
            'e' | 'c' if (1..=7).contains(&value) => return self.set('E', (value + 5) % 7 + 1),
            'e' | 'c' => 'F',
            letter => letter,
        };
        let range = match letter {
            'M' | 'h' => 1..=12,
            'd' => 1..=31,
            'D' => 1..=366,
            'Q' => 1..=4,
            'E' | 'F' => 1..=7,
            'H' => 0..=24,
            'k' => 1..=24,
            'K' => 0..=11,
            'm' | 's' => 0..=59,
            'n' => 0..=999_999_999,
            'w' => 1..=53,
            'A' => 0..=86_399_999,
            'N' => 0..=86_399_999_999_999,
            _ => i64::MIN..=i64::MAX,
        };
        if !range.contains(&value) {
            return Err(format!("{value} is no value for `{letter}`"));
        }
        match self.get(letter) {
            Some(before) if before != value => Err(format!(
                "it has two values for `{letter}`, {before} and {value}"
            )),
            Some(_) => Ok(()),
            None => {
                self.values.push((letter, value));
                Ok(())
            }
        }
    }

    fn get(&self, letter: char) -> Option<i64> {
        self.values
            .iter()
            .find(|(known, _)| *known == letter)
            .map(|(_, value)| *value)
    }

    /// The date, with as much of a time and zone as there is. A strict one has only days that their month has.
    pub(super) fn resolve(&self, strict: bool) -> Result<ParsedDate, String> {
        let (time, next_day) = self.time(strict)?;
        let Some(date) = self.date(strict)? else {
            return self.month().map(ParsedDate::Date);
        };
        let Some(time) = time else {
            return Ok(ParsedDate::Date(date));
        };
        let date = if next_day {
            date.tomorrow().map_err(|error| error.to_string())?
        } else {
            date
        };
        let local = date.to_datetime(time);
        match &self.zone {
            Some(zone) => Self::zoned(local, zone),
            None => Ok(ParsedDate::Local(local)),
        }
    }

    fn zoned(local: DateTime, zone: &TimeZone) -> Result<ParsedDate, String> {
        local
            .to_zoned(zone.clone())
            .map(ParsedDate::Zoned)
            .map_err(|error| error.to_string())
    }

    /// The day, when the fields tell which; every other field has to agree with it.
    fn date(&self, strict: bool) -> Result<Option<Date>, String> {
        let date = if let Some(day_number) = self.get('g') {
            let days = i32::try_from(day_number)
                .map_err(|_| "its day count is out of range".to_owned())?;
            Some(
                Date::new(1858, 11, 17)
                    .and_then(|start| start.checked_add(days.days()))
                    .map_err(invalid)?,
            )
        } else {
            match (self.year()?, self.get('M'), self.get('d'), self.get('D')) {
                (Some(year), Some(month), Some(day), _) => {
                    Some(day_of_month(year, month, day, strict)?)
                }
                (Some(year), .., Some(day)) => Some(day_of_year(year, day)?),
                _ => self.date_in_week()?,
            }
        };
        let Some(date) = date else { return Ok(None) };
        let (week_year, week) = week_of_year(date);
        let month = i64::from(date.month());
        for (letter, actual) in [
            ('u', i64::from(date.year())),
            ('M', month),
            ('D', i64::from(date.day_of_year())),
            ('Q', (month + 2) / 3),
            ('E', i64::from(date.weekday().to_monday_one_offset())),
            ('F', i64::from((date.day() - 1) % 7 + 1)),
            ('Y', week_year),
            ('w', week),
        ] {
            if let Some(value) = self.get(letter)
                && value != actual
            {
                return Err(format!(
                    "its `{letter}` is {value}, but {date} has {actual}"
                ));
            }
        }
        Ok(Some(date))
    }

    /// The first day of the month, or of the year, that the fields tell.
    fn month(&self) -> Result<Date, String> {
        let year = self.year()?.ok_or_else(|| "it has no year".to_owned())?;
        Date::new(year, self.get('M').unwrap_or(1) as i8, 1).map_err(invalid)
    }

    fn year(&self) -> Result<Option<i16>, String> {
        let of_era = match (self.get('y'), self.get('G')) {
            (Some(year), Some(0)) => Some(1 - year),
            (year, _) => year,
        };
        match (self.get('u'), of_era) {
            (Some(year), Some(other)) if year != other => Err("it has two years".to_owned()),
            (Some(year), _) | (None, Some(year)) => {
                let year = i16::try_from(year)
                    .ok()
                    .filter(|year| (-9999..=9999).contains(year));
                year.map(Some)
                    .ok_or_else(|| "its year is out of range".to_owned())
            }
            (None, None) => Ok(None),
        }
    }

    fn date_in_week(&self) -> Result<Option<Date>, String> {
        let (Some(year), Some(week), Some(day)) = (self.get('Y'), self.get('w'), self.get('E'))
        else {
            return Ok(None);
        };
        let year = i16::try_from(year).map_err(|_| "its year is out of range".to_owned())?;
        let first = Date::new(year, 1, 1).map_err(invalid)?;
        let to_sunday = -i64::from(first.weekday().to_sunday_zero_offset());
        let weekday = Weekday::from_monday_one_offset(day as i8).map_err(invalid)?;
        let days = to_sunday + (week - 1) * 7 + i64::from(weekday.to_sunday_zero_offset());
        first.checked_add(days.days()).map(Some).map_err(invalid)
    }

    /// The time of day if there is one, and whether it is midnight at the end of the day.
    fn time(&self, strict: bool) -> Result<(Option<Time>, bool), String> {
        if let Some(nanosecond) = self
            .get('N')
            .or(self.get('A').map(|milli| milli * 1_000_000))
        {
            return Ok((Some(time_of(nanosecond)?), false));
        }
        let of_half = self.get('K').or(self.get('h').map(|hour| hour % 12));
        let hour = self.get('H').or(self.get('k').map(|hour| hour % 24));
        let half = self.get('a').or_else(|| self.half_by_part_of_day(of_half?));
        let hour = match (hour, of_half, half) {
            (Some(hour), Some(of_half), _) if hour % 12 != of_half => {
                return Err("it has two hours".to_owned());
            }
            (Some(hour), _, Some(half)) if hour / 12 != half && self.get('a').is_some() => {
                return Err("its hour is not in the half of the day that it names".to_owned());
            }
            (Some(hour), ..) => hour,
            (None, Some(of_half), Some(half)) => of_half + half * 12,
            _ => return Ok((None, false)),
        };
        let (minute, second) = (self.get('m').unwrap_or(0), self.get('s').unwrap_or(0));
        let nanosecond = self.get('n').unwrap_or(0);
        if hour == 24 {
            return if (minute, second, nanosecond) == (0, 0, 0) && !strict {
                Ok((Some(Time::midnight()), true))
            } else {
                Err("24 is no hour".to_owned())
            };
        }
        let seconds = hour * 3600 + minute * 60 + second;
        Ok((Some(time_of(seconds * 1_000_000_000 + nanosecond)?), false))
    }

    /// 0 for the morning, 1 for the afternoon: the one in which that hour lies in the part of the day named.
    fn half_by_part_of_day(&self, of_half: i64) -> Option<i64> {
        let lies_in = |hour: i64| match self.get('B') {
            Some(0) => hour == 0,
            Some(1) => hour == 12,
            Some(2) => (6..12).contains(&hour),
            Some(3) => (12..18).contains(&hour),
            Some(4) => (18..21).contains(&hour),
            Some(5) => !(6..21).contains(&hour),
            _ => false,
        };
        [0, 1].into_iter().find(|half| lies_in(of_half + half * 12))
    }
}

#[allow(clippy::needless_pass_by_value)] // The shape that `map_err` asks for.
fn invalid(error: jiff::Error) -> String {
    error.to_string()
}

fn day_of_month(year: i16, month: i64, day: i64, strict: bool) -> Result<Date, String> {
    let first = Date::new(year, month as i8, 1).map_err(invalid)?;
    let last = i64::from(first.days_in_month());
    if strict && day > last {
        return Err(format!("the month has {last} days"));
    }
    // `ResolverStyle.SMART` takes the 31st of April for the 30th.
    Date::new(year, month as i8, day.min(last) as i8).map_err(invalid)
}

fn day_of_year(year: i16, day: i64) -> Result<Date, String> {
    let first = Date::new(year, 1, 1).map_err(invalid)?;
    let date = first.checked_add((day - 1).days()).map_err(invalid)?;
    if date.year() == year {
        Ok(date)
    } else {
        Err(format!("{year} has no day {day}"))
    }
}

fn time_of(nanosecond_of_day: i64) -> Result<Time, String> {
    Time::midnight()
        .checked_add(nanosecond_of_day.nanoseconds())
        .map_err(invalid)
}
