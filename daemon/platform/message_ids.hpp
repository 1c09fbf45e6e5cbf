// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string_view>

// MESSAGE_ID= of what an administrator may want to find or act on. Never change one, never use one for something else.
namespace luod::platform::message {

inline constexpr std::string_view started = "ee6bec6cefff4fd2824b888094162eda";
inline constexpr std::string_view ledgerReplayed = "f37f4a8127ed4a9ba239e98fdb8ef524";
inline constexpr std::string_view ledgerRefused = "da3dba6778cd4d0396664402b9bc8e0d";
inline constexpr std::string_view sessionLost = "9b8e1458af064783b226012f55214849";
inline constexpr std::string_view unclaimedFdDropped = "46f49c221c0547aba0bd70051f7a80d7";
inline constexpr std::string_view liveUpdateSeen = "62ba1877a07e45a49f02446b0da98c0e";
inline constexpr std::string_view deviceUnavailable = "6b0492214ef040f690052ee79e78e224";
inline constexpr std::string_view handoverFailed = "9f1a733f406a479dad6f2da9ec8fb29b";
inline constexpr std::string_view updateStep = "931690177e414c1b98f74dbaf9f3b95f";
inline constexpr std::string_view updateAborted = "4030d46c0f334687a2f5469bee25a326";
inline constexpr std::string_view sessionUnclaimed = "234b6f1678c24b7eae8ff6e4d820604f";
inline constexpr std::string_view busLost = "c5e875e5523941e282bc5e7b46ca56e5";
inline constexpr std::string_view startFailed = "95fa9c47fb394ab8a0a874bfd697658a";
inline constexpr std::string_view configIgnored = "919d6590b3304e8e8655501bba62cedc";
inline constexpr std::string_view unguarded = "78278e2a431747428512af01155265cc";
inline constexpr std::string_view notStored = "a7d683cb309a4122ae898998f4c9bb65";
inline constexpr std::string_view notRemembered = "cfe2d71725ce4449b525a43741d45e20";
inline constexpr std::string_view ledgerTorn = "deceb6ccb7f44e71afcd155fbe46004e";
inline constexpr std::string_view noMarker = "fad0a17ff2204b1b9eae7c9fde9bdf1e";
inline constexpr std::string_view bug = "4275033b111a45ee843b466ded1a7575";
inline constexpr std::string_view outOfMemory = "3f1d6c0f5f0b4f0e9a5f2f7d1f3b8c64";
inline constexpr std::string_view unwatched = "c964d8451055468a8fee7f31fc8b6475";
inline constexpr std::string_view fileInvalid = "cb45de8943674600856f1fef37fa00e6";

} // namespace luod::platform::message
