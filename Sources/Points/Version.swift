/// The version of all programs of this package, as `make deb` and the API's description have it, too.
public enum Version {
  /// By semver.org.
  public static let current = "1.0.0"
}
