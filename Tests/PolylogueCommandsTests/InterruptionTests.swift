import Glibc
import Testing

@testable import PolylogueCommands

/// In processes of their own: signals are everybody's.
@Suite struct InterruptionTests {
  @Test func `a command that has nothing to finish is ended by the first signal`() async {
    await #expect(processExitsWith: .signal(SIGINT)) {
      Interruption.install()
      Interruption.await(SearchCommand().stopsByItself)
      kill(getpid(), SIGINT)
      sleep(60)
    }
  }

  @Test func `one that finishes what it is at hears the first and is ended by the second`() async {
    await #expect(processExitsWith: .exitCode(ExitStatus.failed.rawValue)) {
      Interruption.install()
      Interruption.await(EmbedCommand().stopsByItself)
      kill(getpid(), SIGTERM)
      for _ in 0..<6000 where !Interruption.isRequested { usleep(10_000) }
      guard Interruption.isRequested else { return }
      kill(getpid(), SIGINT)
      sleep(60)
    }
  }
}
