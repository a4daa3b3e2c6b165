#include "app/app.hpp"

#include <filesystem>
#include <optional>
#include <variant>
#include <vector>

#include "app/comment.hpp"
#include "app/console.hpp"
#include "app/evidence.hpp"
#include "app/publish.hpp"
#include "base/redaction.hpp"
#include "base/text.hpp"
#include "helm/helm.hpp"
#include "inputs/inputs.hpp"
#include "kube/client.hpp"
#include "kube/kubeconfig.hpp"
#include "kube/port_forward.hpp"
#include "model/outcome.hpp"
#include "operate/connect.hpp"
#include "operate/deploy.hpp"
#include "operate/diagnose.hpp"
#include "operate/run.hpp"
#include "operate/uninstall.hpp"
#include "operate/verify.hpp"
#include "report/report.hpp"
#include "sys/clock.hpp"
#include "sys/files.hpp"
#include "sys/http.hpp"
#include "sys/process.hpp"

namespace app {
namespace {

inputs::World real_world() {
    return {.environment = sys::environment,
            .read_file = sys::read_file,
            .kind =
                [](const std::filesystem::path& path) {
                    std::error_code error;
                    const auto status = std::filesystem::status(path, error);
                    if (error || !std::filesystem::exists(status)) {
                        return inputs::PathKind::missing;
                    }
                    if (std::filesystem::is_fifo(status) || std::filesystem::is_socket(status)) {
                        return inputs::PathKind::pipe;
                    }
                    return std::filesystem::is_directory(status) ? inputs::PathKind::folder : inputs::PathKind::file;
                },
            .kubeconfig_error = [](const model::KubeconfigSource& source,
                                   const std::string& context) -> std::optional<base::Error> {
                base::Redactor none;
                auto connection = kube::connect(source, context, none);
                return connection ? std::nullopt : std::optional(std::move(connection).error());
            },
            .executable_folder = sys::executable_folder()};
}

model::RunRecord record_of(const model::Request& request) {
    model::RunRecord record;
    record.action = request.action;
    record.release = request.release;
    record.dry_run = request.dry_run;
    record.named_context = request.context;
    record.namespace_name = request.namespace_name;
    record.chart = request.chart.repository.empty() ? request.chart.location
                                                    : request.chart.location + " from " + request.chart.repository;
    record.run_url = workflow_run_url();
    return record;
}

// What helm is given so that it speaks to the same cluster as we do.
struct HelmAccess {
    std::optional<sys::PrivateFile> kubeconfig;
    helm::Settings settings;
};

base::Result<HelmAccess> helm_access(const model::Request& request, const kube::Connection& connection) {
    HelmAccess access;
    access.settings.context = connection.context;
    access.settings.namespace_name = request.namespace_name;
    switch (request.kubeconfig.kind) {
        case model::KubeconfigSource::Kind::files:
            access.settings.kubeconfig = base::join(request.kubeconfig.files, ":");
            break;
        case model::KubeconfigSource::Kind::text: {
            TRY_ASSIGN(access.kubeconfig, sys::PrivateFile::create("kubeconfig", request.kubeconfig.text));
            access.settings.kubeconfig = access.kubeconfig->path();
            break;
        }
        case model::KubeconfigSource::Kind::in_cluster: break;
    }
    return access;
}

base::Result<void> act(const operate::Run& run, operate::Evidence& evidence) {
    switch (run.request().action) {
        case model::Action::install:
        case model::Action::upgrade:
        case model::Action::plan: return operate::deploy(run, evidence);
        case model::Action::uninstall: return operate::uninstall(run, evidence);
        case model::Action::verify: return operate::verify(run);
        case model::Action::diagnose: return operate::diagnose(run, evidence);
        case model::Action::connect: return operate::connect(run);
    }
    return base::fail(base::ErrorCode::bug, "an action that nobody carries out");
}

base::Result<void> carry_out(model::Request request, model::RunRecord& record, operate::Evidence& evidence,
                             base::Redactor& redactor, Console& console, const std::stop_token& stop) {
    sys::RealClock clock;
    const auto http = sys::make_http();
    sys::RealProcessRunner processes;
    TRY_ASSIGN(auto connection, kube::connect(request.kubeconfig, request.context, redactor));
    console.keep_secret(request.etcd_password);
    if (request.namespace_name.empty()) {
        request.namespace_name = connection.namespace_name;
    }
    record.namespace_name = request.namespace_name;
    record.cluster = connection.server;
    record.context = connection.context;
    for (const auto& warning : connection.warnings) {
        console.warning(warning);
        record.warnings.push_back(warning);
    }
    TRY_ASSIGN(const auto access, helm_access(request, connection));
    const helm::Helm helm(processes, access.settings);
    const kube::Client kube(*http, clock, std::move(connection),
                            {.processes = &processes,
                             .keep_secret = [&console](std::string_view secret) { console.keep_secret(secret); },
                             .stop = stop});
    const operate::Run run(std::move(request),
                           {.kube = kube,
                            .helm = helm,
                            .clock = clock,
                            .progress = console,
                            .etcd = {.http = *http,
                                     .forward =
                                         [&kube](const auto& namespace_name, const auto& pod, std::uint16_t port) {
                                             return kube::forward_port(kube, namespace_name, pod, port);
                                         }}},
                           record, stop);
    auto result = act(run, evidence);
    record.duration = run.since_start();
    return result;
}

int exit_code(const std::optional<base::Error>& error) {
    return error ? model::failure_kind(error->code).exit_code : 0;
}

int finish(model::RunRecord& record, const base::Redactor& redactor, Console& console) {
    if (record.error) {
        record.outcome =
            record.error->code == base::ErrorCode::cancelled ? model::Outcome::cancelled : model::Outcome::failed;
        console.error(std::string(model::failure_kind(record.error->code).heading) + ": " + record.error->text(),
                      report::error_text(*record.error));
    }
    if (record.error && record.file) {
        console.note_on_file(
            record.error->message,
            {.title = record.file->variable, .file = record.file->file, .line = static_cast<int>(record.file->line)});
    }
    if (record.plan) {
        for (const auto& finding : record.plan->findings) {
            if (!finding.file.empty()) {
                console.note_on_file(
                    finding.message + ": " + finding.hint,
                    {.title = finding.rule, .file = finding.file, .line = static_cast<int>(finding.line)},
                    finding.severity == model::PlanFinding::Severity::blocking ? github::Annotation::error
                                                                               : github::Annotation::warning);
            }
        }
    }
    publish(record, redactor, console);
    return exit_code(record.error);
}

int report_faults(const std::vector<inputs::Fault>& faults, const base::Redactor& redactor, Console& console) {
    for (const auto& fault : faults) {
        if (!fault.file.empty()) {
            console.note_on_file(fault.message, {.title = fault.input, .file = fault.file, .line = fault.line});
        }
    }
    model::RunRecord record;
    record.run_url = workflow_run_url();
    record.error = inputs::to_error(faults);
    return finish(record, redactor, console);
}

}  // namespace

int run(std::span<const std::string> arguments, const std::stop_token& stop) {
    base::Redactor redactor;
    const bool in_workflow = sys::environment("GITHUB_ACTIONS") == "true";
    const auto world = real_world();
    Console console(redactor, {.style = in_workflow ? Console::Style::workflow : Console::Style::plain,
                               .output = inputs::output_format(arguments, world)});
    auto parsed = inputs::parse(arguments, world);
    if (const auto* message = std::get_if<inputs::Message>(&parsed)) {
        console.print(message->text);
        return 0;
    }
    if (const auto* faults = std::get_if<std::vector<inputs::Fault>>(&parsed)) {
        return report_faults(*faults, redactor, console);
    }
    auto& request = std::get<model::Request>(parsed);
    console.set_level(request.log_level);
    auto record = record_of(request);
    operate::Evidence evidence;
    const auto evidence_folder = request.evidence_folder;
    const bool wants_comment = request.comment;
    const auto github_token = request.github_token;
    console.keep_secret(github_token);
    auto result = carry_out(std::move(request), record, evidence, redactor, console, stop);
    if (!result) {
        record.error = std::move(result).error();
    }
    const bool planned = record.plan && (record.dry_run || record.action == model::Action::plan);
    if (planned) {
        evidence.add("plan.json", report::result_json(record));
        evidence.add("plan.diff", report::plan_diff(*record.plan));
    }
    // A deployment leaves evidence only when it fails.
    if (!evidence_folder.empty() && (record.action == model::Action::diagnose || record.seen_at_failure || planned)) {
        write_evidence(evidence_folder, evidence, record, redactor, console);
    }
    if (wants_comment) {
        comment_on_pull_request(record, github_token, redactor, console, stop);
    }
    return finish(record, redactor, console);
}

}  // namespace app
