// SPDX-License-Identifier: LGPL-2.1-or-later
#include "offline.hpp"

#include "failure.hpp"
#include "findings.hpp"
#include "proto/errors.hpp"
#include "proto/image/judge.hpp"
#include "proto/image/read_file.hpp"
#include "proto/image/running.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <iterator>

namespace luoctl {
namespace {

namespace image = luod::image;

// What every client can put into a session today. Which files are held here is for the online check.
const std::set<std::string> heldHandlers{"memfd"};

image::Buffer readOrFail(const std::string& path) {
    auto file = image::readFile(std::filesystem::path(path));
    if (!file)
        throw Failure{luod::proto::exitFailure, fmt::format("cannot read {}: {}", path, file.error())};
    return std::move(*file);
}

image::Facts whatHandsOver(const std::string& against) {
    if (against.empty())
        return image::runningFacts();
    auto facts = image::inspect(std::filesystem::path(against));
    if (facts)
        return std::move(*facts);
    readOrFail(against);
    image::Facts unseen;
    unseen.trouble = fmt::format("{}: {}", against, facts.error());
    return unseen;
}

image::InitrdFiles listAll(const std::vector<std::string>& initrds) {
    image::InitrdFiles all;
    for (const std::string& path : initrds) {
        image::InitrdFiles one = image::listInitrd(readOrFail(path));
        std::ranges::move(one.paths, std::back_inserter(all.paths));
        if (!one.trouble.empty())
            all.trouble = fmt::format("{}: {}", path, one.trouble);
    }
    return all;
}

image::Findings judge(const Options& options) {
    auto target = image::inspect(std::filesystem::path(options.kernel));
    if (!target) {
        readOrFail(options.kernel); // a file that cannot be read says nothing about a kernel
        return {image::notAnImage(target.error())};
    }
    image::Case question{whatHandsOver(options.against), std::move(*target), heldHandlers, options.cmdline};
    image::Findings findings = image::judge(question);
    if (!options.initrds.empty())
        findings.push_back(image::judgeInitrd(question, listAll(options.initrds), {"/", question.target.release}));
    return findings;
}

Finding row(const image::Finding& finding) {
    return {finding.name, std::string(word(finding.verdict)), finding.seen, finding.advice};
}

} // namespace

int checkOffline(const Options& options) {
    std::vector<Finding> findings;
    std::ranges::transform(judge(options), std::back_inserter(findings), row);
    show(findings, options);
    return exitStatus(findings);
}

} // namespace luoctl
