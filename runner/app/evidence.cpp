#include "app/evidence.hpp"

#include <array>
#include <string_view>

#include "base/text.hpp"
#include "report/report.hpp"
#include "sys/private_folder.hpp"

namespace app {
namespace {

struct Explanation {
    std::string_view beginning;
    std::string_view text;
};
constexpr std::array explanations{
    Explanation{"causes.md", "the causes that were found, as in the job summary"},
    Explanation{"summary.md", "the job summary"},
    Explanation{"plan.json", "the plan, for install --plan"},
    Explanation{"plan.diff", "what would change, all of it"},
    Explanation{"events.txt", "the namespace's events, oldest first"},
    Explanation{"objects/", "Kubernetes objects as the API server shows them, secrets hidden; Secrets are never read"},
    Explanation{"logs/", "the last lines of the containers: POD/CONTAINER.log, and .previous.log of the run before"},
    Explanation{"nodes.txt", "the nodes of pods that are not ready, when they are not either"},
    Explanation{"etcd/", "what the members of etcd answered, and their metrics"}};

std::string_view explanation_of(std::string_view name) {
    for (const auto& [beginning, text] : explanations) {
        if (name.starts_with(beginning)) {
            return text;
        }
    }
    return "";
}

std::string summary_file(const model::RunRecord& record) {
    return record.action == model::Action::diagnose ? "causes.md" : "summary.md";
}

std::string index_of(const operate::Evidence& evidence, const model::RunRecord& record) {
    std::string text = std::string("What etcd-deploy ") + to_string(record.action) + " saw of release " +
                       record.release + " in namespace " + record.namespace_name +
                       ".\nSecrets are hidden (***); look before you publish it all the same.\n";
    std::string_view told;
    const auto add = [&](const std::string& name) {
        const auto explanation = explanation_of(name);
        if (explanation != told) {
            text += "\n" + std::string(explanation) + ":\n";
            told = explanation;
        }
        text += "  " + name + "\n";
    };
    add(summary_file(record));
    for (const auto& [name, content] : evidence.files()) {
        add(name);
    }
    return base::printable(text);
}

base::Result<void> write_all(const std::string& path, const operate::Evidence& evidence, model::RunRecord& record,
                             const base::Redactor& redactor) {
    TRY_ASSIGN(const auto folder, sys::PrivateFolder::open(path));
    if (record.diagnosis) {
        record.diagnosis->evidence_folder = path;
    }
    if (record.seen_at_failure) {
        record.seen_at_failure->folder = path;
    }
    TRY(folder.write("README.txt", redactor.redact(index_of(evidence, record))));
    TRY(folder.write(summary_file(record), redactor.redact(report::summary_markdown(record)) + "\n"));
    for (const auto& [name, content] : evidence.files()) {
        TRY(folder.write(name, redactor.redact(content)));
    }
    return {};
}

}  // namespace

void write_evidence(const std::string& folder, const operate::Evidence& evidence, model::RunRecord& record,
                    const base::Redactor& redactor, Console& console) {
    if (const auto written = write_all(folder, evidence, record, redactor); !written) {
        const auto text = "the evidence could not be kept: " + written.error().text();
        console.warning(text);
        record.warnings.push_back(text);
        if (record.diagnosis) {
            record.diagnosis->evidence_folder.clear();
        }
        if (record.seen_at_failure) {
            record.seen_at_failure->folder.clear();
        }
    }
}

}  // namespace app
