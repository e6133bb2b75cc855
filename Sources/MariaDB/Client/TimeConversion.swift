import CMariaDB

extension Timestamp {
    /// The library's form of this time.
    var mysqlTime: MYSQL_TIME {
        let fields = CalendarFields(self)
        var time = MYSQL_TIME()
        // A year before 0 can't be said in this form; the server refuses the year that comes instead.
        time.year = UInt32(clamping: fields.year)
        time.month = UInt32(fields.month)
        time.day = UInt32(fields.day)
        time.hour = UInt32(fields.hour)
        time.minute = UInt32(fields.minute)
        time.second = UInt32(fields.second)
        time.second_part = UInt(fields.microsecond)
        time.time_type = MYSQL_TIMESTAMP_DATETIME
        return time
    }
}

extension Value {
    /// A date or time that the library fetched.
    init(_ time: MYSQL_TIME) {
        guard time.month > 0, time.day > 0 else {
            self = .bytes(Array("\(time.year)-\(time.month)-\(time.day)".utf8))
            return
        }
        let fields = CalendarFields(
            year: Int64(time.year),
            month: Int64(time.month),
            day: Int64(time.day),
            hour: Int64(time.hour),
            minute: Int64(time.minute),
            second: Int64(time.second),
            microsecond: Int64(time.second_part)
        )
        self = .datetime(fields.timestamp)
    }
}
