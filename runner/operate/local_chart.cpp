#include "operate/local_chart.hpp"

namespace operate {

base::Result<LocalChart> LocalChart::fetch(const Run& run) {
    LocalChart chart;
    const auto& reference = run.request().chart;
    if (!reference.is_remote()) {
        chart.path_ = reference.location;
        return chart;
    }
    PhaseScope phase(run, "fetch chart");
    TRY_ASSIGN(chart.folder_, sys::TemporaryFolder::create("etcd-deploy-chart"));
    run.tools().progress.begin_output_of("helm pull " + reference.location);
    auto pulled = run.tools().helm.pull(
        reference, chart.folder_->path(),
        [&run](sys::Stream /*stream*/, std::string_view line) { run.tools().progress.output_line(line); },
        {run.stop(), run.deadline()});
    run.tools().progress.end_output();
    TRY_ASSIGN(chart.path_, std::move(pulled));
    phase.complete();
    return chart;
}

}  // namespace operate
