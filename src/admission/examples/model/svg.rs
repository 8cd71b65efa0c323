//! Line charts as SVG text: axes, a grid, lines and a legend, and nothing else. Must not know what is plotted.

use std::fmt::Write;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 380.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 180.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 50.0;

/// Distinguishable by the colour-blind (Okabe and Ito 2008).
const COLOURS: [&str; 6] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];

/// A line and its name in the legend.
pub struct Line {
    pub name: String,
    pub points: Vec<(f64, f64)>,
}

/// A chart. An axis begins at 0, or at a power of ten if it is logarithmic.
pub struct Chart {
    pub title: &'static str,
    pub x: &'static str,
    pub y: &'static str,
    pub x_is_log: bool,
    pub y_is_log: bool,
    pub lines: Vec<Line>,
}

impl Chart {
    /// The chart as a file's text.
    pub fn render(&self) -> String {
        let points = || self.lines.iter().flat_map(|line| &line.points);
        let x_scale = Scale::over(points().map(|(x, _)| *x), self.x_is_log);
        let y_scale = Scale::over(points().map(|(_, y)| *y), self.y_is_log);
        let mut svg = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut svg, &x_scale, &y_scale);
        svg
    }

    fn write(&self, svg: &mut String, x_scale: &Scale, y_scale: &Scale) -> std::fmt::Result {
        writeln!(
            svg,
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">"#
        )?;
        writeln!(svg, r##"<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>"##)?;
        writeln!(svg, r#"<text x="{LEFT}" y="22" font-size="15">{}</text>"#, self.title)?;
        let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        for mark in &x_scale.marks {
            let x = across(*mark, x_scale);
            writeln!(svg, r##"<path d="M{x:.1} {TOP}V{bottom}" stroke="#e5e5e5"/>"##)?;
            writeln!(svg, r#"<text x="{x:.1}" y="{}" text-anchor="middle">{mark}</text>"#, bottom + 18.0)?;
        }
        for mark in &y_scale.marks {
            let y = up(*mark, y_scale);
            writeln!(svg, r##"<path d="M{LEFT} {y:.1}H{right}" stroke="#e5e5e5"/>"##)?;
            writeln!(svg, r#"<text x="{}" y="{:.1}" text-anchor="end">{mark}</text>"#, LEFT - 8.0, y + 4.0)?;
        }
        let middle = f64::midpoint(LEFT, right);
        writeln!(svg, r#"<text x="{middle}" y="{}" text-anchor="middle">{}</text>"#, HEIGHT - 12.0, self.x)?;
        let (x, y) = (16.0, f64::midpoint(TOP, bottom));
        writeln!(
            svg,
            r#"<text x="{x}" y="{y}" text-anchor="middle" transform="rotate(-90 {x} {y})">{}</text>"#,
            self.y
        )?;
        for (index, (line, colour)) in self.lines.iter().zip(COLOURS).enumerate() {
            let at = line.points.iter().map(|(x, y)| format!("{:.1},{:.1}", across(*x, x_scale), up(*y, y_scale)));
            let at = at.collect::<Vec<_>>().join(" ");
            writeln!(svg, r#"<polyline points="{at}" fill="none" stroke="{colour}" stroke-width="2"/>"#)?;
            let y = TOP + 10.0 + 20.0 * index as f64;
            writeln!(svg, r#"<path d="M{} {y}h20" stroke="{colour}" stroke-width="2"/>"#, right + 12.0)?;
            writeln!(svg, r#"<text x="{}" y="{}">{}</text>"#, right + 38.0, y + 4.0, line.name)?;
        }
        writeln!(svg, "</svg>")
    }
}

/// An axis: its marks, the first of which is its beginning and the last its end.
struct Scale {
    marks: Vec<f64>,
    is_log: bool,
}

impl Scale {
    fn over(values: impl Iterator<Item = f64> + Clone, is_log: bool) -> Self {
        let greatest = values.clone().fold(0.0, f64::max);
        let marks = if is_log { powers(values.fold(greatest, f64::min), greatest) } else { rounded(greatest) };
        Self { marks, is_log }
    }

    /// Where a value lies between the beginning, 0, and the end, 1.
    fn share(&self, value: f64) -> f64 {
        let at = |value: f64| if self.is_log { value.log10() } else { value };
        let [first, .., last] = self.marks[..] else { return 0.0 };
        (at(value) - at(first)) / (at(last) - at(first))
    }
}

/// Round marks from 0, four to ten of them, that reach the greatest value.
fn rounded(greatest: f64) -> Vec<f64> {
    let greatest = greatest.max(1.0);
    let magnitude = 10f64.powf((greatest / 4.0).log10().floor());
    let round = [5.0, 2.0, 1.0].map(|times| times * magnitude);
    let size = round.into_iter().find(|size| greatest / size >= 4.0).unwrap_or(magnitude);
    let count = (greatest / size).ceil() as u32;
    (0..=count).map(|index| f64::from(index) * size).collect()
}

/// Powers of ten around what is above 0.
fn powers(least: f64, greatest: f64) -> Vec<f64> {
    let first = least.max(1e-3).log10().floor() as i32;
    let last = (greatest.max(1e-3).log10().ceil() as i32).max(first + 1);
    (first..=last).map(|power| 10f64.powi(power)).collect()
}

fn across(x: f64, scale: &Scale) -> f64 {
    LEFT + scale.share(x) * (WIDTH - LEFT - RIGHT)
}

fn up(y: f64, scale: &Scale) -> f64 {
    HEIGHT - BOTTOM - scale.share(y) * (HEIGHT - TOP - BOTTOM)
}
