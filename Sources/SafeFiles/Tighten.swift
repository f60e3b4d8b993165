internal import CPlatform
internal import Glibc

extension Folder {
    /// Takes a file or folder away from everybody but its owner, who must be the user of this process; what the owner may do
    /// stays. A link is not followed, and a file with several names is left alone.
    package func tighten(_ name: String) throws(FileError) {
        let full = try path(of: name, for: "chmod")
        guard sigilum_tighten(descriptor.number, name, geteuid()) == 0 else { throw systemError("chmod", full) }
    }
}
