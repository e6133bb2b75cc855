/// A language of simulated wikis.
package struct Language: Sendable, Equatable {
    /// Its code, such as `de`.
    package let code: String
    /// Its name in itself.
    package let name: String
    /// How namespace 828 is called.
    package let moduleNamespace: String
    /// How namespace 2 is called.
    package let userNamespace: String
    /// What follows a module's title in that of its documentation.
    package let documentationSuffix: String
    /// Words in titles and texts.
    let words: [String]

    /// All of them, the first being English.
    package static let all: [Language] = [
        Language("en", "English", "Module", "User", "/doc", ["Listing", "Calendar", "Weather"]),
        Language("de", "Deutsch", "Modul", "Benutzer", "/Doku", ["Größe", "Übersicht", "Straße"]),
        Language("bn", "বাংলা", "মডিউল", "ব্যবহারকারী", "/নথি", ["তালিকা", "সময়রেখা", "মানচিত্র"]),
        Language("ar", "العربية", "وحدة", "مستخدم", "/شرح", ["قائمة", "تاريخ", "خريطة"]),
        Language("ru", "Русский", "Модуль", "Участник", "/doc", ["Дата", "Карточка", "Список"]),
        Language("he", "עברית", "יחידה", "משתמש", "/תיעוד", ["רשימה", "תאריך", "מפה"]),
        Language("ja", "日本語", "モジュール", "利用者", "/doc", ["一覧", "日付", "地図"]),
        Language("es", "español", "Módulo", "Usuario", "/doc", ["Año", "Población", "Título"]),
        Language("fr", "français", "Module", "Utilisateur", "/Documentation", ["Siècle", "Été", "Liste"]),
        Language("vi", "Tiếng Việt", "Mô đun", "Thành viên", "/tài liệu", ["Bản đồ", "Ngày", "Danh sách"]),
        Language("zh", "中文", "模块", "用户", "/doc", ["列表", "日期", "地图"]),
        Language("fa", "فارسی", "پودمان", "کاربر", "/توضیحات", ["فهرست", "نقشه", "تقویم"]),
        Language("uk", "українська", "Модуль", "Користувач", "/Документація", ["Дата", "Картка", "Список"]),
        Language("pl", "polski", "Moduł", "Użytkownik", "/opis", ["Źródło", "Państwo", "Lista"]),
        Language("ko", "한국어", "모듈", "사용자", "/설명문서", ["목록", "날짜", "지도"]),
        Language("el", "Ελληνικά", "Module", "Χρήστης", "/τεκμηρίωση", ["Κατάλογος", "Χάρτης", "Έτος"]),
    ]

    private init(
        _ code: String,
        _ name: String,
        _ moduleNamespace: String,
        _ userNamespace: String,
        _ documentationSuffix: String,
        _ words: [String]
    ) {
        self.code = code
        self.name = name
        self.moduleNamespace = moduleNamespace
        self.userNamespace = userNamespace
        self.documentationSuffix = documentationSuffix
        self.words = words
    }
}
