/// `{"sub":"u","namespace":"johndee"}` signed by joserfc 1.6.5 with keys that were thrown away.
enum ForeignTokens {
    static let all: [(String, String)] = [
        (
            "HS384",
            "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzM4NCIsImtpZCI6ImsxIn0.eyJzdWIiOiJ1IiwibmFtZXNwYWNlIjoiam9obmRlZSJ9.-"
                + "klIfNWCIzwJYnV6TovzGoNV3_gp5wLBBEMAaIOuwf8-f01XGB8JJzEqCeRL53tW"
        ),
        (
            "HS512",
            "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzUxMiIsImtpZCI6ImsxIn0.eyJzdWIiOiJ1IiwibmFtZXNwYWNlIjoiam9obmRlZSJ9.3"
                + "l7zS5rwx1LHpO2EgnEhKLbgOx6eQ80AcwitBUtyNRt-qAwDH8teV0FgWyrX7g4Ysx5taSABkp2syLJ5TPkVEA"
        ),
        (
            "ES256",
            "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiIsImtpZCI6ImsxIn0.eyJzdWIiOiJ1IiwibmFtZXNwYWNlIjoiam9obmRlZSJ9.n"
                + "jyDQVX19q1zF-vYSbveBUIyvxGifZW3UADs4BlnqUppdPvCUUY_fvxuS24fXWcBD8N3epS5kzZ9hh09GcuyLA"
        ),
        (
            "RS256",
            "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiIsImtpZCI6ImsxIn0.eyJzdWIiOiJ1IiwibmFtZXNwYWNlIjoiam9obmRlZSJ9.j"
                + "PTlQaq906M2p7RiJv-H_99Mm5xFm9X46WFnNojN3C3hlKb-bpzwsi5EdjeVMrS6g0eKgwaHkys2zc2HRxiE_mTNqOLwePvgsrl"
                + "gBRa2JDjdVl5LYf-XDV5ZVZcszk2UZVYSqXE8QmWQ5YcuyMU0gIpQlbQntF-JGssKEBDzQhBAQOUFZPtlooIlXIycj-_2c9xaN"
                + "JATzqA8cIPHFwVSkDrz1i4iO3G4Md8cuGoJ4UyxTMNIK1YmWkUm5zBZJCgFeWtSNMKcT_3rn7ChbNveYAV60GyMNTyeu4ogcdn"
                + "2ZzJHe9leOzSjecDmb80O7FS4MzGoFOee2w1HZwc4LsaYrA"
        ),
        (
            "EdDSA",
            "eyJ0eXAiOiJKV1QiLCJhbGciOiJFZERTQSIsImtpZCI6ImsxIn0.eyJzdWIiOiJ1IiwibmFtZXNwYWNlIjoiam9obmRlZSJ9.w"
                + "I9YxZBt-RFNSJWn6qtFzrOHJJaPIBJfvV1Xt3MaC1qpXFJaR62xb8WNi_7Zzrh3XD60YOvJyk-WNaMDZjSFBQ"
        ),
    ]
}
