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

/// A chart; both axes begin at 0.
pub struct Chart {
    pub title: &'static str,
    pub x: &'static str,
    pub y: &'static str,
    pub lines: Vec<Line>,
}

impl Chart {
    /// The chart as a file's text.
    pub fn render(&self) -> String {
        let points = || self.lines.iter().flat_map(|line| &line.points);
        let x_step = step(points().map(|(x, _)| *x).fold(0.0, f64::max));
        let y_step = step(points().map(|(_, y)| *y).fold(0.0, f64::max));
        let mut svg = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut svg, x_step, y_step);
        svg
    }

    fn write(&self, svg: &mut String, x_step: Step, y_step: Step) -> std::fmt::Result {
        writeln!(
            svg,
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">"#
        )?;
        writeln!(svg, r##"<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>"##)?;
        writeln!(svg, r#"<text x="{LEFT}" y="22" font-size="15">{}</text>"#, self.title)?;
        let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        for mark in x_step.marks() {
            let x = across(mark, &x_step);
            writeln!(svg, r##"<path d="M{x:.1} {TOP}V{bottom}" stroke="#e5e5e5"/>"##)?;
            writeln!(svg, r#"<text x="{x:.1}" y="{}" text-anchor="middle">{mark}</text>"#, bottom + 18.0)?;
        }
        for mark in y_step.marks() {
            let y = up(mark, &y_step);
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
            let at = line.points.iter().map(|(x, y)| format!("{:.1},{:.1}", across(*x, &x_step), up(*y, &y_step)));
            let at = at.collect::<Vec<_>>().join(" ");
            writeln!(svg, r#"<polyline points="{at}" fill="none" stroke="{colour}" stroke-width="2"/>"#)?;
            let y = TOP + 10.0 + 20.0 * index as f64;
            writeln!(svg, r#"<path d="M{} {y}h20" stroke="{colour}" stroke-width="2"/>"#, right + 12.0)?;
            writeln!(svg, r#"<text x="{}" y="{}">{}</text>"#, right + 38.0, y + 4.0, line.name)?;
        }
        writeln!(svg, "</svg>")
    }
}

/// The marks of an axis: so far apart, and so many.
struct Step {
    size: f64,
    count: u32,
}

impl Step {
    fn marks(&self) -> impl Iterator<Item = f64> {
        (0..=self.count).map(|index| f64::from(index) * self.size)
    }

    fn end(&self) -> f64 {
        f64::from(self.count) * self.size
    }
}

/// Round marks, four to ten of them, that reach the greatest value.
fn step(greatest: f64) -> Step {
    let greatest = greatest.max(1.0);
    let magnitude = 10f64.powf((greatest / 4.0).log10().floor());
    let round = [5.0, 2.0, 1.0].map(|times| times * magnitude);
    let size = round.into_iter().find(|size| greatest / size >= 4.0).unwrap_or(magnitude);
    Step { size, count: (greatest / size).ceil() as u32 }
}

fn across(x: f64, step: &Step) -> f64 {
    LEFT + x / step.end() * (WIDTH - LEFT - RIGHT)
}

fn up(y: f64, step: &Step) -> f64 {
    HEIGHT - BOTTOM - y / step.end() * (HEIGHT - TOP - BOTTOM)
}
