// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fakes.hpp"

namespace luosim::model {
namespace {

struct Vfio : testing::Test {
    Machine m{"future"};
    SessionId s = m.create("a");
    std::shared_ptr<IommufdFile> iommufd = m.bus.openIommufd();
    std::shared_ptr<VfioFile> device;
    void SetUp() override {
        m.bus.plug("vfio0");
        device = m.bus.open("vfio0").value();
    }
    void preserve() {
        device->bind(iommufd);
        ASSERT_EQ(0, code(m.kernel.preserveFd(s, 1, iommufd)));
        ASSERT_EQ(0, code(m.kernel.preserveFd(s, 2, device)));
    }
    SessionId next() {
        device.reset();
        iommufd.reset();
        EXPECT_TRUE(m.reboot()) << m.freezeResult;
        return m.retrieve("a");
    }
};

TEST_F(Vfio, DependsOnItsIommufdInTheSameSession) {
    EXPECT_EQ(EINVAL, code(m.kernel.preserveFd(s, 2, device))) << "not bound";
    device->bind(iommufd);
    EXPECT_EQ(ENOENT, code(m.kernel.preserveFd(s, 2, device)));
    ASSERT_TRUE(m.kernel.preserveFd(m.create("other"), 1, iommufd));
    EXPECT_EQ(ENOENT, code(m.kernel.preserveFd(s, 2, device))) << "another session does not count";
    EXPECT_EQ(0, m.flb("pci-v1").outgoingCount);
    EXPECT_EQ(0, m.pins("vfio-pci"));
}

TEST_F(Vfio, CannotBeUnboundWhilePreserved) {
    preserve();
    EXPECT_EQ(1, m.flb("pci-v1").outgoingCount);
    EXPECT_EQ(EBUSY, code(m.bus.unbindDriver("vfio0")));
    EXPECT_TRUE(m.kernel.closeSession(s));
    EXPECT_EQ(0, code(m.bus.unbindDriver("vfio0")));
    EXPECT_EQ(ENODEV, code(m.bus.unbindDriver("vfio9")));
}

TEST_F(Vfio, InterruptsMustBeOffBeforeTheReboot) {
    preserve();
    device->setInterrupts(true);
    const State before = m.state();
    EXPECT_EQ(EBUSY, code(m.kernel.freeze()));
    EXPECT_EQ(before, m.state());
    device->setInterrupts(false);
    EXPECT_EQ(0, code(m.kernel.freeze()));
}

TEST_F(Vfio, ComesBackByItsSessionAndMustBeBoundBeforeFinish) {
    preserve();
    const SessionId in = next();
    EXPECT_EQ(EBUSY, code(m.bus.open("vfio0"))) << "not by its path";
    EXPECT_EQ(EBUSY, code(m.kernel.finish(in))) << "not retrieved";
    auto back = std::dynamic_pointer_cast<VfioFile>(m.kernel.retrieveFd(in, 2).value());
    ASSERT_TRUE(back);
    EXPECT_EQ("vfio0", back->device());
    EXPECT_EQ(1, m.flbs["pci-v1"]->retrieved);
    EXPECT_EQ(EBUSY, code(m.kernel.finish(in))) << "not bound";
    EXPECT_EQ(2u, m.kernel.state().incoming.at(0).files.size());
    back->bind(std::dynamic_pointer_cast<IommufdFile>(m.kernel.retrieveFd(in, 1).value()));
    EXPECT_EQ(0, code(m.kernel.finish(in)));
    EXPECT_EQ(1, m.flbs["pci-v1"]->finished);
    EXPECT_EQ(EBUSY, code(m.bus.open("vfio0"))) << "still open";
    back.reset();
    EXPECT_EQ(0, code(m.bus.open("vfio0")));
}

TEST_F(Vfio, ClosingTooEarlyStrandsIt) {
    preserve();
    EXPECT_EQ(EBUSY, code(m.kernel.closeSession(next())));
    EXPECT_EQ(EBUSY, code(m.bus.open("vfio0")));
    ASSERT_TRUE(m.reboot());
    EXPECT_EQ(0, code(m.bus.open("vfio0"))) << "until the next reboot";
}

TEST_F(Vfio, UnpluggedItIsInvalidUntilTheSessionIsClosed) {
    preserve();
    m.bus.unplug("vfio0");
    EXPECT_EQ(1u, m.kernel.invalidate(*device));
    EXPECT_EQ(0u, m.kernel.invalidate(*device)) << "is already";
    EXPECT_EQ(ENODEV, code(m.kernel.preserveFd(s, 3, device)));
    const State before = m.state();
    EXPECT_TRUE(before.outgoing.at(0).files.at(1).invalid);
    EXPECT_EQ(ENODEV, code(m.kernel.freeze()));
    EXPECT_EQ(before, m.state());
    EXPECT_TRUE(m.kernel.closeSession(s));
    EXPECT_EQ(0, code(m.kernel.freeze()));
}

TEST_F(Vfio, UnpluggedAfterTheUpdateOnlyClosingHelps) {
    preserve();
    const SessionId in = next();
    const FileRef back = m.kernel.retrieveFd(in, 2).value();
    m.bus.unplug("vfio0");
    EXPECT_EQ(1u, m.kernel.invalidate(*back));
    EXPECT_EQ(ENODEV, code(m.kernel.retrieveFd(in, 2)));
    EXPECT_EQ(0, code(m.kernel.retrieveFd(in, 1)));
    EXPECT_EQ(ENODEV, code(m.kernel.finish(in)));
    EXPECT_EQ(0, code(m.kernel.closeSession(in)));
    EXPECT_EQ(0, m.pins("vfio-pci"));
}

TEST_F(Vfio, UnpluggedOnTheWayItCannotBeRetrieved) {
    preserve();
    const SessionId in = next();
    m.bus.unplug("vfio0");
    EXPECT_EQ(ENODEV, code(m.kernel.retrieveFd(in, 2)));
    EXPECT_EQ(0, code(m.kernel.finish(in)));
}

TEST_F(Vfio, AColdBootFreesTheDevice) {
    preserve();
    device.reset();
    iommufd.reset();
    ASSERT_TRUE(m.reboot("", KexecImage::kexecLoad));
    EXPECT_EQ(0, code(m.bus.open("vfio0")));
    EXPECT_EQ(ENODEV, code(m.bus.open("vfio9")));
}

} // namespace
} // namespace luosim::model
