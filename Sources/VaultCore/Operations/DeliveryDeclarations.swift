internal import Sealing

extension VaultTransaction {
    /// Declares a delivery, or brings its entries up to date; does nothing where it is declared like that already.
    func declare(_ id: DeliveryID, service: Slug?, entries: [EntryName], mayTakeOver: Bool = false) throws {
        let entries = entries.sorted()
        guard var known = try delivery(id) else {
            var delivery = Delivery(id: id, service: service, entries: entries)
            delivery.mayTakeOver = mayTakeOver
            return try declare(delivery)
        }
        if known.entries != entries || known.isWithdrawn {
            let dropped = known.entries.filter { !entries.contains($0) }
            known.entries = entries
            known.isWithdrawn = false
            try declare(known)
            for name in dropped { try note(id, with: name, isPresent: false) }
        }
        // Kept only for what is still to be delivered: once it is, the leave is used up.
        guard mayTakeOver, !known.mayTakeOver, try plan(id)?.isPending == true else { return }
        known.mayTakeOver = true
        try saveQuietly(known)
        try record(.deliveryDeclared, facts: ["target": id.text, "state": "may take over"])
    }

    /// Keeps a setting of a delivery that is declared.
    func keep(_ setting: String, _ value: String, of id: DeliveryID) throws {
        guard var known = try delivery(id), known.settings[setting] != value else { return }
        known.settings[setting] = value
        try saveQuietly(known)
    }

    /// Says that the other side is to make a new credential; one that was asked for and did not come yet is waited for.
    func wantCredential(_ id: DeliveryID) throws {
        guard var known = try delivery(id) else { return }
        guard known.wantedOperation == nil || known.wantedOperation == known.receipt[Delivery.operationKey] else {
            return
        }
        known.settings[Delivery.operationKey] = RandomBytes.make(6).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
        try saveQuietly(known)
        try record(.deliveryDeclared, facts: ["target": id.text, "state": "new credential"])
    }

    /// Says that a delivery should be taken away; the reconciler does it and forgets it.
    func withdraw(_ id: DeliveryID) throws {
        guard var known = try delivery(id), !known.isWithdrawn else { return }
        known.isWithdrawn = true
        try saveQuietly(known)
        try record(.deliveryDeclared, facts: ["target": id.text, "state": "withdrawn"])
    }
}
