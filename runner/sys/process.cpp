// The only source file that includes Boost.Process: it is slow to compile and
// slower to check.
#include "sys/process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <optional>
#include <thread>
#include <tuple>

// GCC 12 sees null pointers in Boost.Asio's inlined code where there are none.
#pragma GCC diagnostic ignored "-Wnull-dereference"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/readable_pipe.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/process/v2/process.hpp>
#include <boost/process/v2/stdio.hpp>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/descriptor.hpp"
#include "sys/files.hpp"

namespace sys {

namespace {

namespace asio = boost::asio;
namespace process = boost::process::v2;
using base::ErrorCode;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

constexpr std::size_t longest_line = std::size_t{64} << 10U;

// "NAME=value" for each variable of ours, those of `added` instead or besides.
std::vector<std::string> merged_environment(const std::map<std::string, std::string>& added) {
    std::map<std::string, std::string> variables;
    for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const auto equals = text.find('=');
        if (equals != std::string_view::npos) {
            variables.emplace(text.substr(0, equals), text.substr(equals + 1));
        }
    }
    for (const auto& [name, value] : added) {
        variables[name] = value;
    }
    std::vector<std::string> entries;
    entries.reserve(variables.size());
    for (const auto& [name, value] : variables) {
        entries.push_back(name + "=" + value);
    }
    return entries;
}

bool is_program(const std::filesystem::path& path) {
    std::error_code error;
    return std::filesystem::is_regular_file(path, error) && ::access(path.c_str(), X_OK) == 0;
}

// The file that `name` means, as execvp would find it.
std::optional<std::string> find_program(const std::string& name, std::string_view search_path) {
    if (name.find('/') != std::string::npos) {
        return is_program(name) ? std::optional(name) : std::nullopt;
    }
    while (!name.empty() && !search_path.empty()) {
        const auto colon = std::min(search_path.find(':'), search_path.size());
        const auto folder = search_path.substr(0, colon);
        const auto candidate = std::filesystem::path(folder.empty() ? "." : folder) / name;
        if (is_program(candidate)) {
            return candidate.string();
        }
        search_path.remove_prefix(std::min(colon + 1, search_path.size()));
    }
    return std::nullopt;
}

// Starts a program. Between fork and exec its child makes only calls that are safe there
// (signal-safety(7)), since another thread may have held any lock at the fork, the allocator's
// too. Boost's own launchers (1.81) tell the I/O context of the fork in the child, which
// allocates: a child that then waits for ever, and a parent that waits for the child.
class Launcher : public process::default_process_launcher {
public:
    // The first argument is what the program is told that its name is; `environment` is "NAME=value"s.
    // Both end with a null.
    process::process launch(asio::io_context& context, const std::string& program,
                            const std::vector<const char*>& arguments, const std::vector<const char*>& environment,
                            process::process_stdio stdio, error_code& error) {
        const pid_t parent = ::getpid();
        // Closed by a successful exec; else it tells why there was none.
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
            error = last_error();
            return process::process(context.get_executor());
        }
        const Descriptor read_end(ends[0]);
        Descriptor write_end(ends[1]);
        const pid_t child = ::fork();
        if (child < 0) {
            error = last_error();
            return process::process(context.get_executor());
        }
        if (child == 0) {
            auto failed = stdio.on_exec_setup(*this, {}, arguments.data());
            failed = failed ? failed : set_up(parent);
            int reason = failed.value();
            if (!failed) {
                ::execve(program.c_str(), const_cast<char* const*>(arguments.data()),
                         const_cast<char* const*>(environment.data()));
                reason = errno;
            }
            std::ignore = ::write(write_end.get(), &reason, sizeof reason);
            ::_exit(127);
        }
        ::close(write_end.release());
        process::process started(context.get_executor(), child);
        int reason = 0;
        ssize_t count = -1;
        while ((count = ::read(read_end.get(), &reason, sizeof reason)) < 0 && errno == EINTR) {
        }
        if (count > 0) {
            error_code ignored;
            started.wait(ignored);
            error.assign(reason, boost::system::system_category());
        }
        return started;
    }

private:
    static error_code last_error() { return {errno, boost::system::system_category()}; }

    // In the child.
    static error_code set_up(pid_t parent) {
        // We may have SIGINT and SIGTERM blocked (the main program waits for them) and
        // SIGPIPE ignored; both would be inherited.
        for (int number = 1; number < NSIG; ++number) {
            ::signal(number, SIG_DFL);
        }
        // Whatever else is open is closed by exec, so that what tells of a failure works until then.
        sigset_t none;
        ::sigemptyset(&none);
        if (::sigprocmask(SIG_SETMASK, &none, nullptr) != 0 || ::setpgid(0, 0) != 0 ||
            ::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) != 0) {
            return last_error();
        }
        if (::getppid() != parent) {
            ::_exit(127);  // we died before prctl: nobody is left to tell
        }
        return {};
    }
};

// Cuts a stream of bytes into lines, and keeps the end of it.
class Output {
public:
    Output(const Command& command, Stream stream) : command_(command), stream_(stream) {}

    void append(std::string_view bytes) {
        kept_.append(bytes);
        if (kept_.size() > 2 * command_.keep_output + longest_line) {
            trim();
        }
        if (!command_.on_line) {
            return;
        }
        while (!bytes.empty()) {
            const auto end = bytes.find('\n');
            const auto room = longest_line - line_.size();
            const auto taken = std::min({end, room, bytes.size()});
            line_.append(bytes.substr(0, taken));
            bytes.remove_prefix(taken);
            if (taken == end) {
                bytes.remove_prefix(1);
                flush();
            } else if (line_.size() == longest_line) {
                flush();
                // The newline that ends exactly this piece is not an empty line.
                swallow_newline_ = true;
            }
        }
    }

    void finish() {
        if (!line_.empty()) {
            flush();
        }
        trim();
    }

    [[nodiscard]] std::string take_kept() { return std::move(kept_); }

private:
    void flush() {
        const bool rest_is_empty = swallow_newline_ && line_.empty();
        swallow_newline_ = false;
        if (!rest_is_empty) {
            std::string_view line = line_;
            if (line.ends_with('\r')) {
                line.remove_suffix(1);
            }
            command_.on_line(stream_, line);
        }
        line_.clear();
    }

    void trim() {
        if (kept_.size() > command_.keep_output) {
            kept_.erase(0, kept_.size() - command_.keep_output);
        }
    }

    const Command& command_;
    Stream stream_;
    std::string line_;
    std::string kept_;
    bool swallow_newline_ = false;
};

// One run of one program.
class Run {
public:
    Run(const Command& command, Deadline deadline)
        : command_(command),
          deadline_(deadline),
          out_(context_),
          err_(context_),
          exit_(context_),
          deadline_timer_(context_),
          grace_timer_(context_),
          out_lines_(command, Stream::out),
          err_lines_(command, Stream::err) {}

    base::Result<ProcessResult> run(const std::string& program, const std::vector<const char*>& environment,
                                    const std::stop_token& stop) {
        std::vector<const char*> arguments{program.c_str()};
        for (auto argument = command_.argv.begin() + 1; argument != command_.argv.end(); ++argument) {
            arguments.push_back(argument->c_str());
        }
        arguments.push_back(nullptr);
        error_code error;
        auto child = Launcher().launch(context_, program, arguments, environment,
                                       process::process_stdio{nullptr, out_, err_}, error);
        if (error) {
            const auto code = error.value() == ENOENT ? ErrorCode::not_found : ErrorCode::io;
            return base::fail(code, "cannot start " + program + ": " + error.message());
        }
        group_ = child.id();
        // A handle of our own: Boost's async_wait would reap the child at once, and with
        // that free its process ID before its group is gone.
        std::ignore = exit_.assign(static_cast<int>(::syscall(SYS_pidfd_open, group_, 0)), error);
        if (error) {
            signal_group(SIGKILL);
            return base::fail(ErrorCode::io, "cannot wait for " + program + ": " + error.message());
        }
        exit_.async_wait(asio::posix::descriptor_base::wait_read, [this](error_code) { on_exit(); });
        read(out_, out_buffer_, out_lines_);
        read(err_, err_buffer_, err_lines_);
        if (deadline_ != Deadline::max()) {
            deadline_timer_.expires_at(deadline_);
            deadline_timer_.async_wait([this](error_code failed) {
                if (!failed && !result_.stopped) {
                    result_.timed_out = true;
                    terminate();
                }
            });
        }
        {
            const std::stop_callback on_stop(stop, [this] { asio::post(context_, [this] { stop_requested(); }); });
            context_.run();
        }
        // The child is a zombie now, so that nobody else can have got its group's number.
        signal_group(SIGKILL);
        child.wait(error);
        if (error) {
            return base::fail(ErrorCode::io, "cannot wait for " + program + ": " + error.message());
        }
        await_end_of_group();
        drain(out_, out_lines_);
        drain(err_, err_lines_);
        const int status = child.native_exit_code();
        result_.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        result_.out = out_lines_.take_kept();
        result_.err = err_lines_.take_kept();
        return std::move(result_);
    }

private:
    using Buffer = std::array<char, std::size_t{16} << 10U>;

    void read(asio::readable_pipe& pipe, Buffer& buffer, Output& lines) {
        pipe.async_read_some(asio::buffer(buffer), [this, &pipe, &buffer, &lines](error_code error, std::size_t count) {
            lines.append({buffer.data(), count});
            if (!error) {
                read(pipe, buffer, lines);
            }
        });
    }

    void on_exit() {
        deadline_timer_.cancel();
        grace_timer_.cancel();
        // Not a wait for the end of the pipes: a process that left the group may hold
        // them open for ever. What was written before is read by drain().
        error_code ignored;
        std::ignore = out_.cancel(ignored);
        std::ignore = err_.cancel(ignored);
        exited_ = true;
    }

    void stop_requested() {
        if (!exited_ && !result_.timed_out && !result_.stopped) {
            result_.stopped = true;
            deadline_timer_.cancel();
            terminate();
        }
    }

    void terminate() {
        signal_group(SIGTERM);
        grace_timer_.expires_after(command_.grace);
        grace_timer_.async_wait([this](error_code failed) {
            if (!failed) {
                signal_group(SIGKILL);
            }
        });
    }

    void signal_group(int number) const { ::kill(-group_, number); }

    // After SIGKILL: until the kernel has taken the last member away. Orphans of the group
    // have become our children (see RealProcessRunner::run), and stay until we reap them.
    void await_end_of_group() const {
        const auto patience = Clock::now() + std::chrono::seconds(1);
        while (::kill(-group_, 0) == 0 && Clock::now() < patience) {
            if (::waitpid(-group_, nullptr, WNOHANG) <= 0) {
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
            }
        }
    }

    // Reads what is in the pipe already, never more than a pipe can hold.
    static void drain(asio::readable_pipe& pipe, Output& lines) {
        const int descriptor = pipe.native_handle();
        ::fcntl(descriptor, F_SETFL, O_NONBLOCK);
        const int capacity = ::fcntl(descriptor, F_GETPIPE_SZ);
        std::size_t left = capacity > 0 ? static_cast<std::size_t>(capacity) : longest_line;
        Buffer buffer{};
        while (left > 0) {
            const auto count = ::read(descriptor, buffer.data(), std::min(buffer.size(), left));
            if (count <= 0) {
                break;
            }
            lines.append({buffer.data(), static_cast<std::size_t>(count)});
            left -= static_cast<std::size_t>(count);
        }
        lines.finish();
    }

    const Command& command_;
    Deadline deadline_;
    asio::io_context context_{1};
    asio::readable_pipe out_;
    asio::readable_pipe err_;
    asio::posix::stream_descriptor exit_;
    asio::steady_timer deadline_timer_;
    asio::steady_timer grace_timer_;
    Buffer out_buffer_{};
    Buffer err_buffer_{};
    Output out_lines_;
    Output err_lines_;
    ProcessResult result_;
    pid_t group_ = -1;
    bool exited_ = false;
};

}  // namespace

base::Result<ProcessResult> RealProcessRunner::run(const Command& command, std::stop_token stop, Deadline deadline) {
    if (command.argv.empty()) {
        return base::fail(ErrorCode::bug, "a command without a name");
    }
    auto variables = merged_environment(command.environment);
    std::vector<const char*> environment;
    std::string search_path = "/usr/local/bin:/usr/bin:/bin";
    for (const auto& entry : variables) {
        environment.push_back(entry.c_str());
        if (entry.starts_with("PATH=")) {
            search_path = entry.substr(std::string_view("PATH=").size());
        }
    }
    environment.push_back(nullptr);
    const auto program = find_program(command.argv.front(), search_path);
    if (!program.has_value()) {
        return base::fail(ErrorCode::not_found, "there is no program " + command.argv.front(),
                          command.argv.front().find('/') == std::string::npos ? "install it, or add its folder to PATH"
                                                                              : "check the path");
    }
    // Orphans come to us, also when process 1 is somebody who never reaps (a container's
    // sleep): otherwise their zombies would keep the group alive for ever.
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    try {
        Run run(command, deadline);
        return run.run(*program, environment, stop);
    } catch (const std::exception& exception) {
        return base::fail(ErrorCode::io, "cannot run " + *program + ": " + exception.what());
    }
}

}  // namespace sys
