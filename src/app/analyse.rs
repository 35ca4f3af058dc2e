//! Computes charts on a thread and writes them as SVG, PNG and CSV.

use super::App;
use crate::analyse::{Chart, Data, charts, csv, draw};
use crate::formats::{Watch, png};
use crate::gpu::canvas::Canvas;
use crate::gpu::offscreen::RgbaImage;
use crate::project::measure::cache::Cache;
use crate::project::{Measuring, Project, ProjectError};
use crate::score::Cleaning;
use crate::state::{AnalysesCommand, AnalysesEffect, ChartFile, ChartFormat, Charts, Command, Toast};
use crate::ui;
use std::path::Path;
use std::sync::Arc;

/// Points of a chart's width in a PNG, and pixels of a point.
const WIDTH: f32 = 920.0;
const PIXELS: f32 = 2.0;
/// Longest side of a PNG, in pixels; what every graphics device can do.
const LONGEST: f32 = 8192.0;

impl App {
    pub(super) fn analyse(&mut self, effect: AnalysesEffect) {
        match effect {
            AnalysesEffect::Make { volumes, cleaning } => self.make_charts(volumes, cleaning),
            AnalysesEffect::Write { file, path } => {
                self.jobs.run("saving a chart", &self.mailbox, move |_| {
                    vec![Command::Toast(match write(&file, &path) {
                        Ok(()) => Toast::note(format!("Saved {}.", path.file_name().unwrap_or_default().to_string_lossy())),
                        Err(why) => Toast::error(format!("The chart was not saved: {why}.")),
                    })]
                });
            }
        }
    }

    fn make_charts(&mut self, volumes: bool, cleaning: Cleaning) {
        let Some(path) = self.store.as_ref().map(|s| s.path().to_path_buf()) else { return };
        self.jobs.run(ui::ANALYSING, &self.mailbox, move |watch| {
            vec![Command::Analyses(match made(&path, volumes, cleaning, watch) {
                Ok(Some(charts)) => AnalysesCommand::Made(Arc::new(charts)),
                Ok(None) => AnalysesCommand::Stopped,
                Err(e) => AnalysesCommand::Failed(e.to_string()),
            })]
        });
    }
}

/// `None` when it was stopped.
fn made(path: &Path, volumes: bool, cleaning: Cleaning, watch: &dyn Watch) -> Result<Option<Charts>, ProjectError> {
    let project = Project::open_read_only(path)?;
    let cache = Cache::of_machine();
    let measuring = if volumes { Measuring::All(cache.as_ref()) } else { Measuring::LeftOut };
    let data = Data { cleaning, ..project.analysis_data(measuring, watch)? };
    let go_on = |done: usize, of: usize| {
        watch.advance(done as u64, of as u64);
        !watch.cancelled()
    };
    let Some(charts) = charts(&data, go_on) else { return Ok(None) };
    let ids = data.items.into_iter().map(|i| i.id).collect();
    Ok(Some(Charts { project: project.uuid()?, ids, charts: charts.into_iter().map(Arc::new).collect(), cleaning }))
}

/// Errors in words.
fn write(file: &ChartFile, path: &Path) -> Result<(), String> {
    let text = match file.format {
        ChartFormat::Svg => draw::svg(&file.chart),
        ChartFormat::Csv => csv::csv(&file.chart),
        ChartFormat::Png => {
            let image = picture(&file.chart)?;
            return png::write(path, [image.width, image.height], &image.pixels).map_err(|e| e.to_string());
        }
    };
    std::fs::write(path, text).map_err(|e| e.to_string())
}

/// The chart on a light ground, drawn as the window draws it, on a device of its own.
fn picture(chart: &Chart) -> Result<RgbaImage, String> {
    let grid = chart.grid().ok_or("it has no data")?;
    let drawing = draw::draw(grid, WIDTH);
    let scale = PIXELS.min(LONGEST / drawing.width.max(drawing.height));
    let [width, height] = [drawing.width, drawing.height].map(|side| (side * scale).ceil());
    let mut canvas = Canvas::new([width as u32, height as u32]).map_err(|e| e.to_string())?;
    let context = egui::Context::default();
    ui::install_fonts(&context);
    for _ in 0..2 {
        // The first frame makes the fonts.
        let mut input = egui::RawInput {
            screen_rect: Some(egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(width / scale, height / scale))),
            ..Default::default()
        };
        input.viewports.entry(input.viewport_id).or_default().native_pixels_per_point = Some(scale);
        let output = context.run_ui(input, |ui| {
            let ground = ui::chart_ground();
            ui.painter().rect_filled(ui.ctx().content_rect(), 0.0, ground);
            ui::paint_chart(ui.painter(), egui::Vec2::ZERO, &drawing, false);
        });
        canvas.draw(&context, output).map_err(|e| e.to_string())?;
    }
    canvas.image().map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyse::{Axis, Body, Grid, Kind, Point, Section, Unit};

    #[test]
    fn a_chart_is_written_in_each_format() {
        let points = vec![Point::share(3, 4, vec![0, 1, 2, 3]), Point::share(1, 4, vec![0, 1, 2, 3])];
        let grid = Grid::new(Kind::Bars, Axis::new("", ["m"]), Axis::new("", ["a", "b"]), Unit::Share, "items", points);
        let body = Body::Grid(grid);
        let chart = Chart { id: "c".into(), title: "C".into(), section: Section::Models, answers: "?", body, notes: Vec::new() };
        let chart = Arc::new(chart);
        let folder = tempfile::tempdir().unwrap();
        for format in ChartFormat::ALL {
            let file = ChartFile { chart: Arc::clone(&chart), format };
            let path = folder.path().join(file.file_name());
            match write(&file, &path) {
                Err(why) if format == ChartFormat::Png && std::env::var_os("VOXAUDIT_REQUIRE_GPU").is_none() => println!("skipped: {why}"),
                done => assert_eq!(done, Ok(())),
            }
        }
        if let Ok(image) = picture(&chart) {
            assert_eq!(image.width, 1840);
            let blue = image.pixels.chunks_exact(4).filter(|p| p[..3] == [0, 114, 178]).count();
            assert!(blue > 5_000, "two bars in the first colour: {blue} pixels");
        }
    }
}
